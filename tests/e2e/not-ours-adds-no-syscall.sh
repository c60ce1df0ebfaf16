#!/bin/bash
# A program that touches nothing of ours makes the same system calls as without the shim, once it has started.
. "$(dirname "$0")/../lib/lib.sh"

requires strace
ORIGIN=http://127.0.0.1:9
demo_config
mkdir dir && : >dir/file
calls() { sed -n '/^statx(.*"dir"/,$p' "$1" | sed 's/(.*//'; }
strace -o without ls -l dir >/dev/null
strace -E LD_PRELOAD="$SHIM" -o with ls -l dir >/dev/null
assert_equal "$(calls without)" "$(calls with)"
