#!/bin/bash
# Keys of a role that a real token service gives, with their session token, open an object of a real S3; a role that may not be assumed is refused.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/aws.sh"

start_swift
make_file x 1000
s3_put "$BUCKET" x x
role='arn:aws:iam:::role'
aws_file credentials '[base]' "aws_access_key_id = $AWS_ACCESS_KEY_ID" "aws_secret_access_key = $AWS_SECRET_ACCESS_KEY" \
	'[reader]' "role_arn = $role/reader" 'source_profile = base' \
	'[nobody]' "role_arn = $role/nobody" 'source_profile = base'
unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
export AWS_ENDPOINT_URL_STS=$S3_ENDPOINT
s3_config 'credentials_profile = reader' \
	'[profile nobody]' "remote = s3://$BUCKET" "endpoint = $S3_ENDPOINT" "path = $MOUNT-nobody" 'credentials_profile = nobody'
assert_equal "$(digest x)" "$(read_object "$MOUNT/x")"
assert_contains "$("$LARDER" doctor "$MOUNT/x")" "role $role/reader; they end at"
assert_fails_with 'Permission denied' larder_preload cat "$MOUNT-nobody/x"
grep -q "role $role/nobody: its STS refuses" "$XDG_RUNTIME_DIR"/larder/*/agent.log || fail 'the log does not say why'
