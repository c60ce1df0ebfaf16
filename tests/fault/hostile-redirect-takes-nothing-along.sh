#!/bin/bash
# A redirect of an S3 server to another host is not followed: that host sees neither the request nor what it was signed with.
. "$(dirname "$0")/../lib/lib.sh"

requires_lua
start_nginx 'location / { return 200 stolen; }'
thief=$ORIGIN thief_log=$ORIGIN_LOG
mkdir second
top=$T T=$T/second
start_nginx "location / { return 307 $thief\$request_uri; }"
T=$top
export AWS_ACCESS_KEY_ID=someone AWS_SECRET_ACCESS_KEY=secret
write_config <<-END
	retries = 1
	[profile demo]
	remote = s3://bucket
	endpoint = $ORIGIN
	path = $MOUNT
END
assert_fails_with "$MOUNT/x" larder_preload cat "$MOUNT/x"
assert_fails_with "$MOUNT" larder_preload ls "$MOUNT"
[ ! -s "$thief_log" ] || fail "followed: $(cat "$thief_log")"
