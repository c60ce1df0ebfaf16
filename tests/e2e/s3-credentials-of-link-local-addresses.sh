#!/bin/bash
# Keys come from the addresses at which containers and machines have theirs, past any proxy; a service out of reach is not waited for long.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/aws.sh"

requires ip
requires_unshare -rn
if [ "${INSIDE:-}" != yes ]; then
	INSIDE=yes unshare -rn bash "$SOURCE/tests/e2e/$TEST.sh"
	exit
fi
ip link set lo up
for address in 169.254.170.2 169.254.169.254; do ip address add $address/32 dev lo; done
start_fake_aws 0.0.0.0 80
AWS=http://127.0.0.1:80
make_file "$AWS_DIR/objects/data/x" 1000
wanted=$(digest "$AWS_DIR/objects/data/x")
aws_config
unset AWS_EC2_METADATA_DISABLED
export http_proxy=http://127.0.0.1:9 no_proxy=127.0.0.1 # where nobody is
aws_token container 'Bearer token'

# found_by PATTERN [VARIABLE=VALUE…]
found_by() {
	local pattern=$1
	shift
	aws_forget
	assert_equal "$wanted" "$(env "$@" LD_PRELOAD="$SHIM" sha256sum "$MOUNT/x" | cut -d' ' -f1)" "$*"
	assert_equal 1 "$(aws_requests "$pattern")" "requests as $pattern"
	stop_agent
	rm -rf "$CACHE"
}
found_by '^GET /v2/credentials/id 200' AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/v2/credentials/id AWS_CONTAINER_AUTHORIZATION_TOKEN='Bearer token'
found_by '^PUT /latest/api/token 200'

# Beyond its hop limit, the metadata service's answer with the token never comes.
aws_set mute 1
begun=$SECONDS
assert_fails_with 'Permission denied' larder_preload cat "$MOUNT/x"
assert_at_most 30 $((SECONDS - begun)) 'seconds'
grep -q 'no credentials were found' "$XDG_RUNTIME_DIR"/larder/*/agent.log || fail 'the log does not say why'
