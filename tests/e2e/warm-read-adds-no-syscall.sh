#!/bin/bash
# Of a cached object, reading costs no system call more than reading the plain file; opening, three at most.
. "$(dirname "$0")/../lib/lib.sh"

requires strace
make_file "$ORIGIN_DIR/demo/x" 1000000
start_nginx
demo_config -- 'immutable = true'
larder_preload cat "$MOUNT/x" >/dev/null
# calls FILE: the system calls of cat from the open of the file to its end.
calls() { strace -E LD_PRELOAD="$SHIM" -o trace cat "$1" >/dev/null && sed -n "/openat.*\/x\"/,\$p" trace | sed 's/(.*//'; }
cp "$ORIGIN_DIR/demo/x" x
calls "$T/x" >plain
calls "$MOUNT/x" >ours
assert_equal "$(grep -c read plain)" "$(grep -c read ours)" reads
assert_at_most 3 $(($(wc -l <ours) - $(wc -l <plain))) 'further system calls'
