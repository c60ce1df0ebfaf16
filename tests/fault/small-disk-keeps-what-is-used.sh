#!/bin/bash
# A disk that is smaller than the cache's size holds what was used last, and min_free of it stays free.
. "$(dirname "$0")/../lib/disk.sh"

small_disk size=8M
small_files 12 700000
start_nginx
demo_config 'min_free = 4M'
least=8192
for i in {1..12}; do
	all_read "$i" "$i"
	free=$(df -k --output=avail "$CACHE" | tail -n 1)
	[ "$free" -ge "$least" ] || least=$free
done
assert_equal 0 "$(warnings)" 'warnings'
stop_agent
assert_at_least $((4096 - 128)) "$least" 'KiB free' # the cache's own notes and folders are not claimed
assert_contains "$(cached_objects)" 12
assert_at_least 4 "$(cached_objects | wc -l)" 'objects kept'
umount "$CACHE"
