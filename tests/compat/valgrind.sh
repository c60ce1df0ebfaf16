#!/bin/bash
# Under valgrind programs read, and memcheck finds no error in the shim: no byte used that was not written, no descriptor lost.
# timeout: 180
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/company.sh"
requires valgrind cc

serve_tree
compile reader
memcheck=(valgrind -q --log-file="$T/valgrind.%p.log" --leak-check=full --errors-for-leak-kinds=all)
# What memcheck found. Of a system call that it does not know, it says so, and that lets the call fail.
found() { grep -hE '^==[0-9]+== ' "$T"/valgrind.*.log || true; }

wanted=$(larder_preload ./reader "$MOUNT/f" "$MOUNT")
for state in cold warm; do
	[ $state = warm ] || { stop_agent && rm -rf "$CACHE" "$XDG_RUNTIME_DIR/larder"; }
	assert_equal "$wanted" "$(LD_PRELOAD=$SHIM "${memcheck[@]}" ./reader "$MOUNT/f" "$MOUNT")" "$state"
done
assert_reads larder_preload "${memcheck[@]}" --leak-check=no --trace-children=yes
assert_equal '' "$(found)" 'what memcheck found'
said=$(LD_PRELOAD=$SHIM valgrind --track-fds=yes ./reader "$MOUNT/f" "$MOUNT" 2>&1 >/dev/null)
assert_contains "$said" 'FILE DESCRIPTORS:'
assert_equal "$(grep -c 'inherited from parent' <<<"$said")" "$(grep -c 'Open file descriptor' <<<"$said")" 'descriptors that were open at the end'
