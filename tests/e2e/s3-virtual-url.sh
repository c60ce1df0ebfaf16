#!/bin/bash
# sha256sum s3://bucket/key gives the object's digest, with the endpoint and the keys from the environment and no configuration.
. "$(dirname "$0")/../lib/lib.sh"

start_swift
rm -f "$LARDER_CONFIG" && unset LARDER_CONFIG
export AWS_ENDPOINT_URL=$S3_ENDPOINT
make_file x 3000001
s3_put "$BUCKET" dir/x x
assert_equal "$(digest x)" "$(read_object "s3://$BUCKET/dir/x")" cold
s3_rm "$BUCKET" dir/x
assert_equal "$(digest x)" "$(read_object "s3://$BUCKET/dir/x")" warm
[ -d "$HOME/.cache/larder/data" ] || fail 'no cache in the home'
