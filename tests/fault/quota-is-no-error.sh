#!/bin/bash
# Where a quota is smaller than the cache's size, all objects are read, what was used last is kept, and few warnings are given.
. "$(dirname "$0")/../lib/disk.sh"

requires mkfs.btrfs btrfs
truncate -s 160M "$T/disk"
mkfs.btrfs -q "$T/disk" >/dev/null
if ! mount -o loop "$T/disk" "$CACHE" 2>mount.err; then
	echo "$TEST: skipped: no btrfs here: $(cat mount.err)"
	exit "$SKIP"
fi
btrfs subvolume create "$CACHE/small" >/dev/null
btrfs quota enable "$CACHE"
btrfs qgroup limit 4M "$CACHE/small"
CACHE=$CACHE/small
small_files 12 700000
start_nginx
demo_config
all_read 1 12
assert_at_most 2 "$(warnings)" 'warnings'
# How soon the file system says that there is room again is its own affair.
two_are_kept() {
	all_read 1 12
	[ "$(cached_objects | wc -l)" -ge 2 ]
}
wait_until 60 two_are_kept
stop_agent
umount "${CACHE%/small}"
