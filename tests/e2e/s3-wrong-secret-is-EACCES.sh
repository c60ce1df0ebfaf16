#!/bin/bash
# A wrong secret is EACCES, and leaves the right one of another process alone.
. "$(dirname "$0")/../lib/lib.sh"

start_swift
make_file x 1000
s3_put "$BUCKET" x x
s3_config
AWS_SECRET_ACCESS_KEY=wrong assert_fails_with 'Permission denied' larder_preload cat "$MOUNT/x"
assert_equal "$(digest x)" "$(read_object "$MOUNT/x")"
