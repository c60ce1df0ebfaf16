#!/bin/bash
# A key that ends in '/' makes a directory, also an empty one.
. "$(dirname "$0")/../lib/lib.sh"

start_swift
s3_config
: >nothing
s3_put "$BUCKET" made/ nothing
assert_equal directory "$(larder_preload stat -c %F "$MOUNT/made")"
assert_equal '' "$(larder_preload ls -A "$MOUNT/made")"
assert_equal made "$(larder_preload ls "$MOUNT")"
