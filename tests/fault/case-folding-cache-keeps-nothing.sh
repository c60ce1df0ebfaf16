#!/bin/bash
# Where the cache's file system folds case, keys that differ in case alone are read right, cold and warm, whatever the cache holds; nothing is
# kept there, and the log and the doctor say why.
. "$(dirname "$0")/../lib/disk.sh"

# Of those that can fold, what this host has. They set CACHE.
mount_ext4() {
	mkfs.ext4 -q -O casefold "$T/disk" && mount -o loop "$T/disk" "$T/top" && CACHE=$T/top/cache && mkdir -m 0700 "$CACHE" && chattr +F "$CACHE"
}
mount_vfat() { mkfs.vfat "$T/disk" >/dev/null && mount -o loop,umask=077 "$T/disk" "$T/top" && CACHE=$T/top; }
mount_ntfs() { mkfs.ntfs -qfF "$T/disk" >/dev/null && lowntfs-3g -o ignore_case,permissions "$T/disk" "$T/top" && CACHE=$T/top && chmod 0700 "$CACHE"; }
mount_folding() {
	local kind
	mkdir "$T/top"
	for kind in ext4 vfat ntfs; do
		truncate -s 0 "$T/disk" && truncate -s 64M "$T/disk"
		! mount_$kind 2>>mount.err || return 0
		! mountpoint -q "$T/top" || umount "$T/top"
	done
	echo "$TEST: skipped: no file system here folds case: $(grep -v '^$' mount.err | tail -n 1)"
	exit "$SKIP"
}

# read_both WHEN
read_both() {
	local key
	for key in name NAME; do assert_equal "$(digest "$ORIGIN_DIR/demo/$key")" "$(read_object "$MOUNT/$key")" "$key, $1"; done
}

make_file "$ORIGIN_DIR/demo/name" 100000 1
make_file "$ORIGIN_DIR/demo/NAME" 100000 2
make_file "$ORIGIN_DIR/demo/other" 1000
start_nginx
demo_config -- 'immutable = yes'
read_object "$MOUNT/name" >/dev/null
assert_cached name

mount_folding
cp -a "$T/cache/." "$CACHE" 2>cp.err || true # of a time when it did not fold; vfat takes no modes
assert_equal name "$(cached_objects)" 'the copy'
demo_config -- 'immutable = yes'
read_object "$MOUNT/other" >/dev/null # an agent looks at the cache
read_both cold
read_both warm
assert_equal 1 "$(grep -c "$CACHE folds case" "$XDG_RUNTIME_DIR"/larder/*/agent.log | cut -d: -f2 | sort -n | tail -n 1)" 'warnings'
said=$("$LARDER" doctor cat "$MOUNT/name") && fail 'doctor finds nothing wrong'
assert_contains "$said" "$CACHE folds case"
assert_cached name
read_both 'by the next agent'
stop_agent
umount "$T/top"
