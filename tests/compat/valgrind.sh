#!/bin/bash
# Under valgrind programs read, and memcheck finds no error in the shim: no byte used that was not written, no descriptor lost.
# timeout: 180
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/company.sh"
requires valgrind cc

serve_tree
compile reader
memcheck=(valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=all)
wanted=$(larder_preload ./reader "$MOUNT/f" "$MOUNT")
for state in cold warm; do
	[ $state = warm ] || { stop_agent && rm -rf "$CACHE" "$XDG_RUNTIME_DIR/larder"; }
	assert_equal "$wanted" "$(LD_PRELOAD=$SHIM "${memcheck[@]}" ./reader "$MOUNT/f" "$MOUNT" 2>&1)" "$state"
done
assert_reads larder_preload valgrind -q --error-exitcode=9 --trace-children=yes
said=$(LD_PRELOAD=$SHIM valgrind --track-fds=yes ./reader "$MOUNT/f" "$MOUNT" 2>&1 >/dev/null)
assert_contains "$said" 'FILE DESCRIPTORS:'
assert_equal "$(grep -c 'inherited from parent' <<<"$said")" "$(grep -c 'Open file descriptor' <<<"$said")" 'descriptors that were open at the end'
