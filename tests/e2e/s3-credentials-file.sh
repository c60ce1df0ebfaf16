#!/bin/bash
# Keys come from ~/.aws/credentials where the environment has none.
. "$(dirname "$0")/../lib/lib.sh"

start_swift
make_file x 1000
s3_put "$BUCKET" x x
s3_config
unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
mkdir "$HOME/.aws"
printf '[default]\naws_access_key_id = test:tester\naws_secret_access_key = testing\n' >"$HOME/.aws/credentials"
assert_equal "$(digest x)" "$(read_object "$MOUNT/x")"
