#!/bin/bash
# An agent that starts while the cache is read-only serves what it has and reads through the rest, with one warning; when the cache can be
# written again, objects are kept, without a restart.
. "$(dirname "$0")/../lib/disk.sh"

small_disk size=64M
small_files 4 5000
start_nginx
demo_config
all_read 1 1
stop_agent
rm -f "$XDG_RUNTIME_DIR"/larder/*/agent.log
mount --bind "$CACHE" "$CACHE"
mount -o remount,bind,ro "$CACHE"
all_read 1 3
assert_equal 1 "$(warnings)" 'warnings'
mount -o remount,bind,rw "$CACHE"
wait_until 60 keeps_again 2
all_read 1 4
stop_agent
umount "$CACHE"
umount "$CACHE"
