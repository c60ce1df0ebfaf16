#!/bin/bash
# Each place that AWS's own tools take credentials from opens a private object of a real S3, whichever of them holds its keys.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/aws.sh"

start_swift
start_fake_aws
make_file x 1000
s3_put "$BUCKET" x x
aws_set keys "$AWS_ACCESS_KEY_ID $AWS_SECRET_ACCESS_KEY" # of Swift, which overlooks the session token
unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_EC2_METADATA_DISABLED
aws_token web eyJhbGciOiJSUzI1NiJ9.web.identity
aws_token sso sso-token
aws_token container 'Basic container-token'
mkdir -p "$HOME/.aws/sso/cache"
printf '{"accessToken": "sso-token", "expiresAt": "2999-01-01T00:00:00Z", "region": "us-east-1"}\n' \
	>"$HOME/.aws/sso/cache/$(printf main | sha1sum | cut -d' ' -f1).json"
cat >process <<-END
	#!/bin/sh
	test "\$*" = "--for two words" && printf '{"Version": 1, "AccessKeyId": "test:tester", "SecretAccessKey": "testing"}'
END
chmod 755 process
aws_file credentials '[base]' "aws_access_key_id = ${AWS_LONG_TERM[0]}" "aws_secret_access_key = ${AWS_LONG_TERM[1]}" \
	'[plain]' 'aws_access_key_id = test:tester' 'aws_secret_access_key = testing'
role='role_arn = arn:aws:iam::123456789012:role/reader'
aws_file config '[profile role]' "$role" 'source_profile = base' 'external_id = x/1' \
	'[profile second]' "$role" 'source_profile = other' \
	'[profile other]' "$role" 'credential_source = EcsContainer' \
	'[profile web]' "$role" "web_identity_token_file = $AWS_DIR/web.token" \
	'[profile process]' "credential_process = $T/process --for 'two words'" \
	'[profile sso]' 'sso_session = main' 'sso_account_id = 123456789012' 'sso_role_name = reader' \
	'[sso-session main]' 'sso_region = us-east-1' 'sso_start_url = https://example.awsapps.com/start' \
	'[profile config]' 'aws_access_key_id = test:tester' 'aws_secret_access_key = testing'

# profile NAME SETTING…
profile() {
	local name=$1
	shift
	printf '%s\n' "[profile $name]" "remote = s3://$BUCKET" "endpoint = $S3_ENDPOINT" "path = $MOUNT/$name" "$@"
}
sections=(plain config role second web process sso)
{
	echo 'retries = 2'
	for name in "${sections[@]}"; do profile "$name" "credentials_profile = $name"; done
	profile found
	profile nobody 'anonymous = true'
} | write_config
export AWS_ENDPOINT_URL_STS=$AWS AWS_ENDPOINT_URL_SSO=$AWS AWS_EC2_METADATA_SERVICE_ENDPOINT=$AWS
export AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=$AWS_DIR/container.token
export AWS_CONTAINER_CREDENTIALS_FULL_URI=$AWS/v2/credentials/id # found by those that ask the container
for name in "${sections[@]}"; do assert_equal "$(digest x)" "$(read_object "$MOUNT/$name/x")" "$name"; done
assert_fails_with 'Permission denied' larder_preload cat "$MOUNT/nobody/x"
for wanted in "POST / 200 ${AWS_LONG_TERM[0]}" 'POST / 200 test:tester' 'POST / 200 -' 'GET /v2/credentials' 'GET /federation/'; do
	assert_at_least 1 "$(aws_requests "^$wanted")" "requests as $wanted"
done
assert_equal 0 "$(aws_requests ' 4[0-9][0-9] ')" 'requests that were refused'

# larder doctor says whose they are, and until when.
said=$("$LARDER" doctor "$MOUNT/role/x" 2>&1) || true
assert_contains "$said" 'role arn:aws:iam::123456789012:role/reader; they end at 20'
assert_contains_not "$said" testing

# found_by PATTERN VARIABLE=VALUE…: an agent of its own finds who it is there, by one request as the pattern says.
found_by() {
	local pattern=$1
	shift
	stop_agent
	rm -rf "$CACHE"
	aws_forget
	assert_equal "$(digest x)" "$(env "$@" LD_PRELOAD="$SHIM" sha256sum "$MOUNT/found/x" | cut -d' ' -f1)" "$*"
	assert_equal 1 "$(aws_requests "$pattern")" "requests as $pattern"
	assert_equal 0 "$(aws_requests ' 4[0-9][0-9] ')" 'requests that were refused'
}
found_by '^GET /v2/credentials/id 200'
unset AWS_CONTAINER_CREDENTIALS_FULL_URI
found_by '^POST / 200 -' AWS_WEB_IDENTITY_TOKEN_FILE="$AWS_DIR/web.token" AWS_ROLE_ARN=arn:aws:iam::123456789012:role/reader
found_by '^GET /latest/meta-data/iam/security-credentials/reader 200'
