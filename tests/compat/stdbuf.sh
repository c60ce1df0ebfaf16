#!/bin/bash
# stdbuf adds its library behind the shim, and keeps the shim that is there.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/company.sh"

requires_library libstdbuf.so coreutils
serve_tree
assert_reads larder_preload stdbuf -o0
assert_reads stdbuf -oL env LD_PRELOAD="$SHIM"
assert_reads_with "$LIBRARY"
