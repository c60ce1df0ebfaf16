#!/bin/bash
# What S3 refuses is told with its reason and remedy: by the agent's log, larder stat and larder doctor; never with a secret.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/aws.sh"

start_fake_aws
make_file "$AWS_DIR/objects/data/x" 1000
export AWS_ACCESS_KEY_ID=${AWS_LONG_TERM[0]} AWS_SECRET_ACCESS_KEY=${AWS_LONG_TERM[1]}
export AWS_ENDPOINT_URL_STS=$AWS
key=MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=
aws_file credentials '[role]' 'role_arn = arn:aws:iam::123456789012:role/reader' 'source_profile = base' \
	'[base]' "aws_access_key_id = ${AWS_LONG_TERM[0]}" "aws_secret_access_key = ${AWS_LONG_TERM[1]}"
aws_config 'ttl = 0' 'negative_ttl = 0' \
	'[profile absent]' 'remote = s3://absent' "endpoint = $AWS" "path = $MOUNT-absent" \
	'[profile stranger]' 'remote = s3://data' "endpoint = $AWS" "path = $MOUNT-stranger" 'access_key_id = AKIAUNKNOWN' 'secret_access_key = s3cret' \
	'[profile wrong]' 'remote = s3://data' "endpoint = $AWS" "path = $MOUNT-wrong" "access_key_id = ${AWS_LONG_TERM[0]}" 'secret_access_key = s3cret' \
	'[profile role]' 'remote = s3://data' "endpoint = $AWS" "path = $MOUNT-role" 'credentials_profile = role' \
	'[profile paid]' 'remote = s3://data' "endpoint = $AWS" "path = $MOUNT-paid" 'request_payer = requester' "encryption_key = $key"

# logged ERRNO PATH TEXT…: a read fails, and the log says why. explained: larder stat does too.
logged() {
	local errno=$1 path=$2 text
	shift 2
	assert_fails_with "$errno" larder_preload cat "$path"
	for text; do grep -qF -- "$text" "$XDG_RUNTIME_DIR"/larder/*/agent.log || fail "not in the log: $text"; done
}
explained() {
	local path=$2 said text
	logged "$@"
	shift 2
	said=$("$LARDER" stat "$path" 2>&1) && fail "larder stat succeeded: $said"
	for text; do assert_contains "$said" "$text"; done
}
explained 'No such file' "$MOUNT-absent/x" 'NoSuchBucket' 'check the bucket'
assert_contains "$("$LARDER" run -- ls "$MOUNT-absent" 2>&1 || true)" 'NoSuchBucket'
explained 'Permission denied' "$MOUNT-stranger/x" 'InvalidAccessKeyId' 'does not know the access key' 'access_key_id of [profile stranger]'
explained 'Permission denied' "$MOUNT-wrong/x" 'SignatureDoesNotMatch' 'correct the secret key'
aws_set fail '400 ExpiredToken 9'
explained 'Permission denied' "$MOUNT/x" 'the session token has expired'
aws_set fail '403 InvalidObjectState 9'
logged 'Permission denied' "$MOUNT/x" 'archived' 'aws s3api restore-object'
aws_set fail '429 SlowDown 9'
explained 'Input/output error' "$MOUNT/x" 'lower max_connections'
aws_set fail ''
aws_set pays 1
explained 'Permission denied' "$MOUNT/x" 'request_payer = requester'
aws_set pays
aws_set refuse AccessDenied
explained 'Permission denied' "$MOUNT-role/x" 'role arn:aws:iam::123456789012:role/reader' 'AccessDenied' 'not authorized to perform: sts:AssumeRole'
aws_set sse $key
explained 'Permission denied' "$MOUNT/x" 'encryption_key'
aws_set pays 1
assert_equal "$(digest "$AWS_DIR/objects/data/x")" "$(read_object "$MOUNT-paid/x")" 'with the key, and paid for'
aws_set pays
said=$("$LARDER" doctor "$MOUNT-wrong/x" 2>&1) && fail 'larder doctor finds nothing'
assert_contains "$said" 'correct the secret key'
grep -F s3cret "$XDG_RUNTIME_DIR"/larder/*/agent.log && fail 'a secret is in the log'
assert_contains_not "$said" s3cret

# What passes or can be corrected is no failure, and is remembered.
aws_set sse
stop_agent
aws_set clock 7200
aws_forget
assert_equal "$(digest "$AWS_DIR/objects/data/x")" "$(read_object "$MOUNT/x")"
assert_equal "$(digest "$AWS_DIR/objects/data/x")" "$(read_object "$MOUNT/x")"
assert_equal 1 "$(aws_requests ' 403 ')" 'requests with the wrong time'
aws_set clock
stop_agent
aws_set region eu-west-1
assert_equal "$(digest "$AWS_DIR/objects/data/x")" "$(read_object "$MOUNT/x")"
assert_equal "$(digest "$AWS_DIR/objects/data/x")" "$(read_object "$MOUNT/x")"
assert_equal 1 "$(aws_requests ' 400 ')" 'requests for the wrong region'
