#!/bin/bash
# A container that has nothing of ours but the shim, the configuration and the runtime folder is served by the agent outside, with
# the cache mounted in or without it: processes have other numbers there, and the larder command is not to be found.
. "$(dirname "$0")/../lib/lib.sh"
requires tar find perl python3
requires_unshare -rmpf
ORIGIN=file://$ORIGIN_DIR
"$LIB/tree" "$ORIGIN_DIR/demo"
cp -a "$ORIGIN_DIR/demo" plain
demo_config
mkdir "$CACHE" root
cp "$SHIM" "$LIB/same-output" "$LIB/programs.lines" "$T"

# inside CACHE? CMD…: CMD where T holds these things alone.
# shellcheck disable=SC2016 # for the inner shell
inside() {
	timeout -k 1 100 unshare --kill-child -rmpf bash -euc '
		T=$1 cache=$2 && shift 2
		mount -t tmpfs tmpfs "$T/root"
		cp -a "$T"/{plain,liblarder.so,same-output,programs.lines,larder.ini} "$T/root"
		for name in run $cache; do
			mkdir "$T/root/$name"
			mount --bind "$T/$name" "$T/root/$name"
		done
		mount --rbind "$T/root" "$T"
		mount -t proc proc /proc
		cd "$T"
		"$@"' - "$T" "$@"
}

larder_preload ls "$MOUNT" >/dev/null
agent=$(agent_pids)
for cache in cache ''; do
	inside "$cache" sh -c "sh same-output $T/liblarder.so $T/plain $MOUNT bash <programs.lines" >said || fail "${cache:-no cache}: $(cat said)"
	assert_contains "$(cat said)" 'command lines compared'
	assert_fails_with 'No such file' inside "$cache" ls "$LARDER_CONFIG.missing" "$T/origin"
done
assert_equal "$agent" "$(agent_pids)" 'the agent'

# Without its agent it fails as a disk does, and what is warm is still served where the cache is there.
larder_preload cat "$MOUNT/a.txt" >/dev/null
stop_agent
assert_fails_with 'Input/output error' inside '' env LD_PRELOAD="$T/liblarder.so" cat "$MOUNT/a.txt"
assert_equal 'hello from b' "$(inside cache env LD_PRELOAD="$T/liblarder.so" cat "$MOUNT/sub/b.txt")" 'warm, without an agent'
