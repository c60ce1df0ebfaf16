# shellcheck shell=bash
# For tests of hosts that share a cache, where these are guests with kernels of their own: hosts.sh sources it. tests/lib/guests-run has booted
# them; GUESTS is its folder. Guest 0 is the NFS server, 1 to 3 are the hosts; a guest sees the files of this machine, and its runtime folder
# is in its memory.

GUESTS_MAX=3 EXPORT=/mnt/export
GUEST_RUN=/run/$(basename "$T")
LOST=()

guest() { python3 "$LIB/guest.py" run "10.78.0.$((10 + $1))" "${@:2}"; }

requires_hosts() { [ -d "$GUESTS" ] || skip 'needs the guests of scripts/test-nfs or scripts/test-smb'; }

# What the hosts mount: a folder of the test's own.
start_server() {
	SERVER_FOLDER=$(basename "$T")
	mkdir -p "$SHARED"
	case $SHARED_KIND in
	nfs*) guest 0 mkdir "$EXPORT/$SERVER_FOLDER" ;;
	smb) mkdir "$GUESTS/smb/export/$SERVER_FOLDER" ;;
	esac
	END_HOSTS=end_hosts
}

mount_shared() {
	case $SHARED_KIND in
	nfs3) guest "$1" mount -t nfs -o vers=3 "10.77.0.10:$EXPORT/$SERVER_FOLDER" "$SHARED" ;;
	nfs4) guest "$1" mount -t nfs -o vers=4.2 "10.77.0.10:/$SERVER_FOLDER" "$SHARED" ;;
	smb)
		guest "$1" mount -t cifs -o "vers=3.1.1,username=root,password=testing,${SMB_OPTIONS:-file_mode=01444,dir_mode=0700,noperm}" \
			"//10.77.0.1/export/$SERVER_FOLDER" "$SHARED"
		;;
	esac
}

start_host() {
	local try
	[ "$1" -le $GUESTS_MAX ] || skip "there are $GUESTS_MAX guests"
	guest "$1" mkdir -m 0700 "$GUEST_RUN"
	# A server that has just been booted may still refuse.
	for try in {1..20}; do
		mount_shared "$1" 2>"$T/mount.err" && break
		[ "$try" -lt 20 ] || fail "host $1 cannot mount: $(cat "$T/mount.err")"
		sleep 0.5
	done
	mkdir -p "$T/run.$1/larder/x" # for its log
}

on() { guest "$1" env XDG_RUNTIME_DIR="$GUEST_RUN" "${@:2}"; }

# lose_host HOST: nothing of it is heard any more, and it hears nothing. find_host is the end of that.
lose_host() {
	ip link set "tap0.$1" nomaster
	LOST[$1]=$1
}
find_host() {
	ip link set "tap0.$1" master br0
	unset "LOST[$1]"
}

# All that the test has started there, its logs, and its mounts.
end_host() {
	guest "$1" timeout 30 bash -c '
		cat "$1"/larder/*/agent.log >"$2" 2>/dev/null
		for i in 1 2 3; do
			pids=$(grep -lzsFx "XDG_RUNTIME_DIR=$1" /proc/[0-9]*/environ | cut -d/ -f3)
			[ -n "$pids" ] || break
			kill -9 $pids 2>/dev/null
			sleep 0.1
		done
		umount -f "$3" 2>/dev/null || umount -l "$3"
		rm -rf "$1"' bash "$GUEST_RUN" "$T/run.$1/larder/x/agent.log" "$SHARED" || true
}

end_hosts() {
	local host
	for host in "${LOST[@]}"; do find_host "$host"; done
	for ((host = 1; host <= HOSTS; host++)); do end_host "$host"; done
	case $SHARED_KIND in
	nfs*) guest 0 rm -rf "${EXPORT:?}/$SERVER_FOLDER" ;;
	smb) rm -rf "${GUESTS:?}/smb/export/$SERVER_FOLDER" ;;
	esac
}
