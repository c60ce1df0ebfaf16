#!/bin/bash
# Where the disk has no inodes for all objects, each of them is read, with few warnings, and older ones make room for those that are used.
. "$(dirname "$0")/../lib/disk.sh"

small_disk size=64M,nr_inodes=420 # 256 are of locks
small_files 300 1000
start_nginx
demo_config
mapfile -t names < <(seq 300)
(cd "$ORIGIN_DIR/demo" && sha256sum "${names[@]}") >wanted
(larder_preload sha256sum "${names[@]/#/$MOUNT/}") | sed "s,$MOUNT/,," >got
assert_same_file wanted got
assert_at_most 1 "$(warnings)" 'warnings'
wait_until 30 keeps_again 300
stop_agent
assert_at_least 60 "$(cached_objects | wc -l)" 'objects kept'
umount "$CACHE"
