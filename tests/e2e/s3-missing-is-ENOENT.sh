#!/bin/bash
# A key, a folder and a bucket that do not exist are ENOENT.
. "$(dirname "$0")/../lib/lib.sh"

start_swift
s3_config
export AWS_ENDPOINT_URL=$S3_ENDPOINT
assert_fails_with 'No such file or directory' larder_preload cat "$MOUNT/x"
assert_fails_with 'No such file or directory' larder_preload cat "$MOUNT/dir/x"
assert_fails_with 'No such file or directory' larder_preload ls "$MOUNT/dir"
assert_fails_with 'No such file or directory' larder_preload cat s3://no-such-bucket-here/x
