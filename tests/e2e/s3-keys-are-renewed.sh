#!/bin/bash
# Keys that end are got anew before that, without a single refused request; those that the server has ended are looked for at once.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/aws.sh"

start_fake_aws
make_file "$AWS_DIR/objects/data/x" 1000
aws_token container 'Bearer token'
aws_config 'ttl = 0'
wanted=$(digest "$AWS_DIR/objects/data/x")

# write_keys: new keys in the credentials file.
write_keys() {
	curl -sSf --noproxy '*' -H 'Authorization: Bearer token' "$AWS/v2/credentials" | python3 -c 'import json, sys
keys = json.load(sys.stdin)
for name, of in ("access_key_id", "AccessKeyId"), ("secret_access_key", "SecretAccessKey"), ("session_token", "Token"):
    print("aws_%s = %s" % (name, keys[of]))' >keys
	aws_file credentials '[default]' "$(cat keys)"
}
write_keys
assert_equal "$wanted" "$(read_object "$MOUNT/x")"
aws_revoke
write_keys
aws_forget
assert_equal "$wanted" "$(read_object "$MOUNT/x")"
# None where the file was due for a look meanwhile.
assert_at_most 1 "$(aws_requests ' 4[0-9][0-9] ')" 'requests with the old keys'

stop_agent
rm -r "$HOME/.aws" "$CACHE"
aws_set life 9
aws_set grace 600 # however slow we are
aws_forget
export AWS_CONTAINER_CREDENTIALS_FULL_URI=$AWS/v2/credentials AWS_CONTAINER_AUTHORIZATION_TOKEN='Bearer token'
used_two() {
	assert_equal "$wanted" "$(read_object "$MOUNT/x")"
	[ "$(grep -oE '^GET /data.* ASIA.*' "$AWS_DIR/log" | cut -d' ' -f4 | sort -u | wc -l)" -ge 2 ]
}
wait_until 60 used_two
assert_equal 0 "$(aws_requests ' 4[0-9][0-9] ')" 'requests that were refused'
