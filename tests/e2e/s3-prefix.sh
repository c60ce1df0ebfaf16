#!/bin/bash
# A bucket's prefix, shown at a path; also with header lines, of which some are signed.
. "$(dirname "$0")/../lib/lib.sh"

start_swift
make_file x 3000001
s3_put "$BUCKET" in/side/x x
s3_put "$BUCKET" outside x
write_config <<END
[profile demo]
remote = s3://$BUCKET/in
endpoint = $S3_ENDPOINT
path = $MOUNT
headers = X-Amz-Request-Payer: requester
  X-Team: lab 7
END
assert_equal "$(digest x)" "$(read_object "$MOUNT/side/x")"
assert_equal side "$(larder_preload ls "$MOUNT")" 'the folder'
assert_fails_with 'No such file or directory' larder_preload cat "$MOUNT/outside"
