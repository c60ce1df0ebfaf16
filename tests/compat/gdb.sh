#!/bin/bash
# A program under gdb reads; gdb stops it inside the shim and lets it go on.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/company.sh"
requires gdb cc

serve_tree
compile reader
[ "$(gdb -batch -ex 'set startup-with-shell off' -ex run --args ./reader x y 2>&1 | grep -c 'exited with code')" = 1 ] ||
	{ echo "$TEST: skipped: gdb cannot run programs here" && exit "$SKIP"; }
said=$(gdb -batch -ex 'set startup-with-shell off' -ex "set environment LD_PRELOAD $SHIM" -ex 'set breakpoint pending on' \
	-ex 'break main' -ex run -ex 'break opendir' -ex continue -ex 'info symbol $pc' -ex continue \
	--args ./reader "$MOUNT/f" "$MOUNT" 2>&1)
assert_contains "$said" hello
assert_contains "$said" liblarder.so
assert_contains "$said" 'exited normally'
