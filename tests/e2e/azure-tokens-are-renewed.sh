#!/bin/bash
# A token that is about to end is got anew before it is sent, while reads go on.
. "$(dirname "$0")/../lib/azure.sh"

start_azurite_tls
start_entra
echo 11 >"$ENTRA/claimed"
azure_config "ca_file = $CA" "tenant_id = $TENANT" "client_id = $CLIENT" "client_secret = $SECRET"
export AZURE_AUTHORITY_HOST=$AUTHORITY
seq 1 200 | sed 's,.*,&\tcontent &,' >blobs
azure put-many "$CONTAINER" blobs
deadline=$((SECONDS + 50)) n=0
while [ "$(entra_requests '^POST .* 200')" -lt 2 ]; do
	[ $SECONDS -lt $deadline ] || fail "no second token after $n reads"
	assert_equal "content $((++n))" "$(larder_preload cat "$MOUNT/$n")"
	sleep 0.25
done
# It was still good then, and nobody asked again for one that had just come.
assert_at_least 2 "$n" 'reads before the second token'
assert_equal "content $((++n))" "$(larder_preload cat "$MOUNT/$n")"
assert_equal 2 "$(entra_requests '^POST')" 'requests for tokens'
assert_equal 0 "$(azure_requests | grep -c ' 40[13]$' || true)" 'refused requests'
