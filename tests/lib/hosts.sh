# shellcheck shell=bash
# For tests of several hosts that share a cache: sourced after lib.sh. LARDER_SHARED names the file system between them:
#
#	local                      one folder of this machine: what a perfect file system would do (the default)
#	gluster gluster-direct     GlusterFS, mounted as it comes, and without caches in the client
#	sshfs                      locks exclude on one host alone
#	nfs3 nfs4 smb              hosts that scripts/test-nfs and scripts/test-smb have booted: tests/lib/guests.sh
#
# A host has a name, process numbers, a runtime folder and a mount of the file system of its own, so that nothing that one has in
# its memory is seen by the others; it is a namespace, or a guest with a kernel of its own. The cache is at the same path everywhere.

HOST_SECONDS=30  # in which a host must be up
READ_SECONDS=60  # in which a reader must have an object
PATIENCE_MS=10000 # with a host that has died or hangs: what is promised
SHARED=$T/shared CACHE=$T/shared/cache
HOSTS=0

# Whether a lock that one host holds is refused to the others.
locks_exclude() { [ "$SHARED_KIND" != sshfs ]; }

# Whether user attributes are kept: without them a host that comes later cannot know what another one has published, and downloads it again.
keeps_attributes() { [ "$SHARED_KIND" != sshfs ] && [ "$SHARED_KIND" != nfs3 ]; }

skip() {
	echo "$TEST: skipped: $*"
	exit "$SKIP"
}

requires_hosts() {
	[ "$(id -u)" = 0 ] || skip 'needs root, to mount file systems'
	requires_unshare --fork --pid --mount --uts --mount-proc
	requires nsenter hostname mountpoint
	[ "$SHARED_KIND" = local ] || { : <>/dev/fuse; } 2>/dev/null || skip 'needs /dev/fuse'
	case $SHARED_KIND in
	gluster*) requires glusterfs glusterfsd ;;
	sshfs)
		requires sshfs
		[ -x /usr/lib/openssh/sftp-server ] || skip 'needs openssh-sftp-server'
		;;
	esac
}

# volume NAME TYPE [SUBVOLUME [OPTION VALUE]…]
volume() {
	local name=$1 type=$2 below=${3:-}
	shift $(($# < 3 ? $# : 3))
	printf 'volume %s\ntype %s\n' "$name" "$type"
	[ $# = 0 ] || printf 'option %s %s\n' "$@"
	[ -z "$below" ] || printf 'subvolumes %s\n' "$below"
	printf 'end-volume\n'
}

start_gluster_server() {
	local port try pid
	for ((try = 0; try < PORT_TRIES; try++)); do
		port=$(guess_port)
		{
			volume posix storage/posix '' directory "$T/brick"
			volume locks features/locks posix
			volume threads performance/io-threads locks
			volume brick protocol/server threads transport-type tcp transport.socket.bind-address 127.0.0.1 \
				transport.socket.listen-port "$port" auth.addr.threads.allow '*'
		} >"$T/server.vol"
		glusterfsd -N -f "$T/server.vol" -l "$T/glusterfsd.messages" -p "$T/glusterfsd.pid" >/dev/null 2>&1 </dev/null &
		pid=$!
		while kill -0 $pid 2>/dev/null && port_is_free "$port"; do sleep 0.02; done
		if kill -0 $pid 2>/dev/null; then
			SERVERS+=("$pid")
			break
		fi
	done
	[ $try -lt "$PORT_TRIES" ] || fail 'glusterfsd does not start'
	{
		volume client protocol/client '' transport-type tcp remote-host 127.0.0.1 remote-port "$port" remote-subvolume threads
		volume behind performance/write-behind client
		volume cache performance/md-cache behind
	} >"$T/client.vol"
}

start_server() {
	mkdir -p "$T/brick" "$SHARED"
	case $SHARED_KIND in
	gluster*) start_gluster_server ;;
	sshfs)
		printf '#!/bin/sh\nexec /usr/lib/openssh/sftp-server\n' >"$T/sftp"
		chmod +x "$T/sftp"
		;;
	esac
}

# start_host N: the host with this number.
start_host() {
	local name=host$1 pid
	mkdir -p "$T/$name"
	mkdir -m 0700 "$T/run.$1"
	unshare --fork --pid --kill-child --mount --mount-proc --uts \
		"$LIB/host" "$name" "$SHARED_KIND" "$T" >"$T/$name/host.log" 2>&1 </dev/null &
	pid=$!
	wait_until $HOST_SECONDS is_up "$pid" "$name"
	HOST_PID[$1]=$(ps -o pid= --ppid "$pid" | tr -d ' ')
	SERVERS+=("${HOST_PID[$1]}")
}

is_up() { kill -0 "$1" 2>/dev/null || fail "$2 does not start: $(cat "$T/$2/host.log")" && [ -e "$T/$2/ready" ]; }

# start_hosts N: hosts 1 to N.
start_hosts() {
	local i
	declare -ga HOST_PID=()
	requires_hosts
	start_server
	for ((i = 1; i <= $1; i++)); do start_host "$i"; done
	HOSTS=$1
}

# on HOST CMD…: runs CMD on a host, with the shim if it is asked for there. (Its root is ours, which under chroot is not that of its mounts.)
on() {
	nsenter -t "${HOST_PID[$1]}" --root --mount --uts --pid env XDG_RUNTIME_DIR="$T/run.$1" "${@:2}"
}

# lose_host HOST: it is gone at once, with all its processes and its mount.
lose_host() { kill -9 "${HOST_PID[$1]}"; }

# Guests instead.
case $SHARED_KIND in
nfs3 | nfs4 | smb) . "$LIB/guests.sh" ;;
esac

# --- the same for all kinds of hosts ----------------------------------------------------------------------------------

# on_with HOST CMD…: CMD with the shim.
on_with() { on "$1" env LD_PRELOAD="$SHIM" "${@:2}"; }

# host_reads HOST PATH: the SHA-256 that an unmodified program on the host gets.
host_reads() {
	local line
	line=$(on_with "$1" timeout $READ_SECONDS sha256sum -- "$2") || return
	echo "${line%% *}"
}

# host_agent HOST [SIGNAL]: the number of the host's agent, as the host sees it; with a signal, sends it.
host_agent() {
	on "$1" bash -c '
		for environ in $(grep -lzsFx "XDG_RUNTIME_DIR=$XDG_RUNTIME_DIR" /proc/[0-9]*/environ); do
			pid=${environ#/proc/} pid=${pid%/environ}
			[[ $(readlink "/proc/$pid/exe") == */larder ]] || continue
			if [ -n "$1" ]; then kill "-$1" "$pid"; else echo "$pid"; fi
		done' bash "${2:-}"
}

# stop_host_agent HOST: in good order, so that all it has is published.
stop_host_agent() {
	on "$1" "$LARDER" agent --stop >/dev/null
	wait_until 20 eval "[ -z \"\$(host_agent $1)\" ]"
}

# milliseconds since some time, for differences.
now_ms() { echo $(($(date +%s%N) / 1000000)); }

# hold HOST PATH: a program on the host opens and maps the file; returns when it has.
hold() {
	on_with "$1" python3 "$LIB/hold.py" "$2" "$T/held" "$T/released" >"$T/hold.out" 2>"$T/hold.err" &
	HOLDER=$!
	wait_until 60 holds
}

holds() { [ -e "$T/held" ] || { kill -0 "$HOLDER" 2>/dev/null || fail "no holder: $(grep Error "$T/hold.err")" && false; }; }

# assert_held SHA256: what the program reads by now, by its descriptor and by its map.
assert_held() {
	: >"$T/released"
	wait "$HOLDER" || fail "the program that had it open: $(grep Error "$T/hold.err")"
	assert_equal "$1 $1" "$(cat "$T/hold.out")" 'what the holder reads'
}

# start_stalling_origin: the first download of each object whose name begins with "slow" stops after a part of it; all others are whole.
start_stalling_origin() {
	requires_lua
	start_nginx 'location ~ ^/demo/slow { content_by_lua_block {
		if ngx.req.get_method() == "GET" and origin.first(1) then origin.serve{stall = 300000} else origin.serve{} end } }'
}

# begin_fill HOST PATH: a reader on the host whose download has come to its stop; its number is in FILLER.
begin_fill() {
	host_reads "$1" "$2" >"$T/filler.out" 2>"$T/filler.err" &
	FILLER=$!
	wait_until 60 has_begun "$1"
}

# As the server of the file system sees it.
has_begun() { [ -n "$(on "$1" find "$CACHE/tmp" -type f -size +200k 2>/dev/null)" ]; }

# assert_served_soon HOST PATH SHA256: the host reads it within ten seconds, and what the machine needs for any cold object (measured with
# the object "other").
assert_served_soon() {
	local start other
	start=$(now_ms)
	host_reads "$1" "$MOUNT/other" >/dev/null
	other=$(($(now_ms) - start))
	start=$(now_ms)
	assert_equal "$3" "$(host_reads "$1" "$2")" "what host $1 reads"
	assert_at_most $((PATIENCE_MS + 3 * other + 1000)) $(($(now_ms) - start)) 'milliseconds until it was served'
}
