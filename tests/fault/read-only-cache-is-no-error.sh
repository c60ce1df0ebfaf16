#!/bin/bash
# A cache that becomes read-only serves what it has and reads through the rest, with one warning; writable again, it keeps objects. The same
# for an agent that starts meanwhile.
. "$(dirname "$0")/../lib/disk.sh"

# Another mount of the same folder over it: the file system itself is busy.
read_only() {
	mount --bind "$CACHE" "$T/read-only"
	mount -o remount,bind,ro "$T/read-only"
	mount --bind "$T/read-only" "$CACHE"
}
writable() { umount "$CACHE" "$T/read-only"; }

mkdir "$T/read-only"
small_disk size=64M
small_files 30 5000
start_nginx
demo_config
all_read 1 1
wait_until 10 is_kept 1
read_only
all_read 1 4
assert_equal 1 "$(warnings)" 'warnings'
writable
for i in {5..30}; do
	keeps_again "$i" && break
	sleep 0.5
done
is_kept "$i" || fail 'not kept again'
stop_agent
read_only
rm -f "$XDG_RUNTIME_DIR"/larder/*/agent.log
all_read 1 4
assert_equal 1 "$(warnings)" 'warnings of an agent that starts'
writable
wait_until 60 keeps_again 2
stop_agent
umount "$CACHE"
