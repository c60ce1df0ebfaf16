#!/bin/bash
# An S3 object of no bytes is an empty file, also where the store does not say in a 416 how long it is.
. "$(dirname "$0")/../lib/lib.sh"

start_swift
s3_config
: >empty
s3_put "$BUCKET" dir/empty empty
assert_equal 'd41d8cd98f00b204e9800998ecf8427e' "$(larder_preload md5sum "$MOUNT/dir/empty" | cut -d' ' -f1)" cold
assert_equal 0 "$(larder_preload stat -c %s "$MOUNT/dir/empty")" size
assert_equal '' "$(larder_preload cat "$MOUNT/dir/empty")" warm
assert_cached dir/empty
