#!/bin/bash
# A disk without inodes for all objects holds what was used last.
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
stop_agent
assert_contains "$(cached_objects)" 300
assert_at_least 60 "$(cached_objects | wc -l)" 'objects kept'
umount "$CACHE"
