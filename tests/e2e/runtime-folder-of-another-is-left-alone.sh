#!/bin/bash
# Where XDG_RUNTIME_DIR names a folder that has gone, or is another user's, the runtime folder is the one in /tmp.
. "$(dirname "$0")/../lib/lib.sh"

ORIGIN=file://$ORIGIN_DIR
mkdir "$ORIGIN_DIR/demo" && echo hello >"$ORIGIN_DIR/demo/f"
demo_config
kept=$XDG_RUNTIME_DIR
others=$T/gone
# Root can have a folder of another's.
[ "$(id -u)" != 0 ] || { mkdir "$T/theirs" && chown nobody "$T/theirs" && others+=" $T/theirs"; }
for XDG_RUNTIME_DIR in $others; do
	assert_equal hello "$(larder_preload cat "$MOUNT/f")" "with $XDG_RUNTIME_DIR"
	assert_contains "$("$LARDER" agent --status)" "runtime_dir    /tmp/larder-$(id -u)/"
	stop_agent
	rm -rf "$CACHE"
	[ ! -e "$XDG_RUNTIME_DIR/larder" ] || fail "made a folder in $XDG_RUNTIME_DIR"
done
XDG_RUNTIME_DIR=$kept
find "/tmp/larder-$(id -u)" -maxdepth 2 -name agent.log -exec grep -lF " for $CACHE" {} + | while read -r log; do rm -r "${log%/*}"; done
