#!/bin/bash
# Answers that Google would never give, of the login and of the store, are errors and harm nobody else.
. "$(dirname "$0")/../lib/lib.sh"

start_gcs
make_file x 1000
gzip -c x >x.gz
gcs_put data/x x >/dev/null
gcs_put data/z x.gz 'Content-Encoding: gzip' >/dev/null
{
	printf '%s\n' 'retries = 0' "log = $T/agent.log"
	printf '[profile %s]\nremote = gs://data\nendpoint = %s\npath = %s\ncredentials_file = %s\n' \
		demo "$GCS_ENDPOINT" "$MOUNT/demo" "$GCS_DIR/authorized_user.json" \
		other "$GCS_ENDPOINT" "$MOUNT/other" "$GCS_DIR/federated_file.json"
	printf '[profile fine]\nremote = gs://public\nendpoint = %s\npath = %s\nanonymous = true\n' "$GCS_ENDPOINT" "$MOUNT/fine"
} | write_config
gcs_put public/x x >/dev/null

gcs_set body '{"access_token": "a\r\nx-goog-user-project: evil", "expires_in": 3600}'
assert_fails_with 'Permission denied' larder_preload cat "$MOUNT/demo/x"
gcs_set body '{"access_token": {"access_token": "x"}}'
assert_fails_with 'Permission denied' larder_preload cat "$MOUNT/other/x"
assert_equal 2 "$(grep -c 'no token that can be used' agent.log)" 'refused tokens'
for page in '{}' '<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>' \
	'<!DOCTYPE x [<!ENTITY a "b">]><ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>'; do
	gcs_set body "$page"
	assert_fails_with 'Input/output error' larder_preload ls "$MOUNT/fine"
done
gcs_set body ''
gcs_put public/z x.gz 'Content-Encoding: gzip' >/dev/null
gcs_set gunzip 1
assert_fails_with 'Input/output error' larder_preload cat "$MOUNT/fine/z"
assert_equal "$(digest x)" "$(read_object "$MOUNT/fine/x")" 'the rest'
