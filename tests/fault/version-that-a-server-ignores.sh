#!/bin/bash
# A server that does not look at the version of a URL, or sends another one, is never believed: no other bytes pass for a pinned version's.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/hub.sh"

start_nginx
mkdir -p "$ORIGIN_DIR/bucket"
printf latest >"$ORIGIN_DIR/bucket/x"
write_config </dev/null
export AWS_ENDPOINT_URL=$ORIGIN STORAGE_EMULATOR_HOST=$ORIGIN
assert_equal latest "$(larder_preload cat gs://bucket/x)" 'without a version'
for url in 's3://bucket/x?versionId=3sL4kqtJlcpXroDTDmJ' gs://bucket/x#1700000000000000; do
	assert_fails_with 'Input/output error' larder_preload cat "$url"
	assert_fails_with 'Input/output error' larder_preload stat "$url"
	assert_contains "$("$LARDER" warm "$url" 2>&1 || true)" 'another version'
done

start_hub
printf one >"$(hub_commit org/model "$COMMIT_A" v1 main)/x"
assert_equal one "$(larder_preload cat "hf://org/model@$COMMIT_A/x")" 'a commit'
touch "$HUB/astray" # every commit is another one's
assert_fails_with 'Input/output error' larder_preload cat "hf://org/model@$COMMIT_B/x"
