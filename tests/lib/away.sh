# shellcheck shell=bash
# For tests in which the shared cache goes away: sourced after own-mounts.sh and lib.sh.

AWAY_SECONDS=10 # in which a reader must have an object after the cache has gone
BACK_SECONDS=60 # in which the agent must have found it again

# mount_sshfs: CACHE becomes a mount of the folder store, by the process SSHFS. SSHFS_SERVER is the one that answers it.
mount_sshfs() {
	requires sshfs
	[ -x /usr/lib/openssh/sftp-server ] || { echo "$TEST: skipped: needs openssh-sftp-server" && exit "$SKIP"; }
	{ : <>/dev/fuse; } 2>/dev/null || { echo "$TEST: skipped: needs /dev/fuse" && exit "$SKIP"; }
	mkdir -p "$T/store" "$CACHE"
	printf '#!/bin/sh\necho $$ >%s/sftp.pid\nexec /usr/lib/openssh/sftp-server\n' "$T" >"$T/sftp"
	chmod +x "$T/sftp"
	sshfs -f -o ssh_command="$T/sftp" "any:$T/store" "$CACHE" >"$T/sshfs.log" 2>&1 </dev/null &
	SSHFS=$!
	SERVERS+=("$SSHFS")
	wait_until 30 mountpoint -q "$CACHE"
	wait_until 30 test -s "$T/sftp.pid"
	SSHFS_SERVER=$(cat "$T/sftp.pid")
}

# read_soon PATH: its digest, within AWAY_SECONDS.
read_soon() {
	local line
	line=$(LD_PRELOAD=$SHIM timeout $AWAY_SECONDS sha256sum -- "$1") || fail "$1 was not served within $AWAY_SECONDS s"
	echo "${line%% *}"
}

# assert_served_soon NAME…: each object, right and within AWAY_SECONDS.
assert_served_soon() {
	local name
	for name; do assert_equal "$(digest "$ORIGIN_DIR/demo/$name")" "$(read_soon "$MOUNT/$name")" "$name"; done
}

agent_said() { grep -qF "$1" "$XDG_RUNTIME_DIR"/larder/*/agent.log; }
