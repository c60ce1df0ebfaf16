#!/bin/bash
# A folder of more keys than one page of the listing holds is listed whole.
. "$(dirname "$0")/../lib/lib.sh"

start_swift
s3_config
for i in {1..1100}; do printf 'dir/key-%04d\tcontent %d\n' "$i" "$i"; done >keys
python3 "$LIB/s3.py" put-many "$BUCKET" keys
assert_equal "$(cut -f1 keys | sed 's,.*/,,')" "$(larder_preload ls "$MOUNT/dir")"
assert_equal 'content 1100' "$(larder_preload cat "$MOUNT/dir/key-1100")"
