# shellcheck shell=bash
# For tests whose cache is on a small disk of its own. Before anything else, a test has
#
#	. "$(dirname "$0")/../lib/disk.sh"
#
# which runs it again in a mount namespace of its own, or skips it where that may not be, and then includes lib.sh. Readers, and the agent that
# they start, are without the rights of root to write where modes forbid it, and beyond quotas.
if [ "${OWN_MOUNTS:-}" != 1 ]; then
	if ! unshare -m mount -t tmpfs none /mnt 2>/dev/null || ! setpriv --bounding-set=-sys_resource true 2>/dev/null; then
		echo 'skipped: needs root, to mount a small disk'
		exit 77
	fi
	exec env OWN_MOUNTS=1 unshare -m "$BASH" "$0"
fi
# shellcheck source=tests/lib/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

mkdir -m 0700 "$CACHE"

larder_preload() { setpriv --bounding-set=-dac_override,-dac_read_search,-sys_resource env LD_PRELOAD="$SHIM" "$@"; }

# small_disk OPTIONS: the cache is on a tmpfs.
small_disk() { mount -t tmpfs -o "mode=0700,$1" none "$CACHE"; }

# small_files N BYTES: objects 1 … N of the profile demo.
small_files() {
	local i
	for ((i = 1; i <= $1; i++)); do make_file "$ORIGIN_DIR/demo/$i" "$2" "$i"; done
}

# all_read FIRST LAST: each of them is read, and is what it should be.
all_read() {
	local i
	for ((i = $1; i <= $2; i++)); do assert_equal "$(digest "$ORIGIN_DIR/demo/$i")" "$(read_object "$MOUNT/$i")" "object $i"; done
}

# How often the log says it.
warnings() { cat "$XDG_RUNTIME_DIR"/larder/*/agent.log | grep -c 'objects are served without being kept' || true; }

is_kept() { cached_objects | grep -qx "$1"; }

# keeps_again KEY…: whether the first of them is kept when it is read; the next one is read at the next try.
keeps_again() {
	read_object "$MOUNT/$1" >/dev/null
	is_kept "$1"
}
