#!/bin/bash
# A program that is PID 1 of a container, or a subreaper, is told of no child that it did not make, though the agent falls to it and
# has nothing to do for longer than idle_exit.
. "$(dirname "$0")/../lib/lib.sh"
requires cc
requires_unshare -rpf --mount-proc
cc -o reaper "$LIB/reaper.c"
ORIGIN=file://$ORIGIN_DIR
mkdir "$ORIGIN_DIR/demo" && echo hello >"$ORIGIN_DIR/demo/f"
demo_config 'idle_exit = 1s'

# Once for the read of its child, and never for the agent.
for mode in child self; do
	rm -rf "$XDG_RUNTIME_DIR/larder"
	assert_equal 'signals 1 strangers 0' \
		"$(timeout -k 1 20 unshare --kill-child -rpf --mount-proc env LD_PRELOAD="$SHIM" ./reaper "$MOUNT/f" $mode)" "PID 1, $mode"
done
rm -rf "$XDG_RUNTIME_DIR/larder"
assert_equal 'signals 1 strangers 0' "$(larder_preload timeout -k 1 20 ./reaper "$MOUNT/f" subreaper self)" 'a subreaper'
