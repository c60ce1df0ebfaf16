#!/bin/bash
# Reading a cached object costs no system call more than reading the plain file; opening it two, once the first open has
# mapped what the agent knows: the shim's own fstat, and the question of what the program's fstat shall say.
. "$(dirname "$0")/../lib/lib.sh"

requires strace
make_file "$ORIGIN_DIR/demo/x" 1000000
start_nginx
demo_config
cp "$ORIGIN_DIR/demo/x" x
larder_preload cat "$MOUNT/x" >/dev/null
assert_cached x
# calls FILE: the system calls of cat from the second open of the file to its close.
calls() {
	strace -E LD_PRELOAD="$SHIM" -o trace cat "$1" "$1" >/dev/null
	awk '/^openat\(.*\/x"/ { n++ } n == 2 { print } n == 2 && /^close\(3/ { exit }' trace | sed 's/(.*//'
}
calls "$T/x" >plain
calls "$MOUNT/x" >ours
assert_equal "$(grep -c read plain)" "$(grep -c read ours)" reads
assert_at_most 2 $(($(wc -l <ours) - $(wc -l <plain))) 'further system calls'
