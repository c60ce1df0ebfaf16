#!/bin/bash
# A remote that cannot be reached is EIO, after the retries; never a hang. The reason is told with its URL, also while it is not asked again.
. "$(dirname "$0")/../lib/lib.sh"

ORIGIN=http://127.0.0.1:1 # nobody takes this one while we run
demo_config
assert_fails_with 'Input/output error' timeout 50 env LD_PRELOAD="$SHIM" cat "$MOUNT/x"
assert_fails_with 'Input/output error' timeout 50 env LD_PRELOAD="$SHIM" ls "$MOUNT/x"

export AWS_ENDPOINT_URL=$ORIGIN
for command in 'run -- ls s3://bucket/dir' "warm s3://bucket/dir/x"; do
	# shellcheck disable=SC2086 # words
	said=$("$LARDER" $command 2>&1 >/dev/null) && fail "$command did not fail"
	assert_contains "$said" 's3://bucket/dir'
	assert_contains "$said" 'Failed to connect'
done
