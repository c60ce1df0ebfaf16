#!/bin/bash
# A token that is about to end is got anew before it is sent, while reads go on.
. "$(dirname "$0")/../lib/azure.sh"

start_azurite_tls
start_entra
echo 8 >"$ENTRA/claimed" # so it is not sent any more after three seconds
azure_config "ca_file = $CA" "tenant_id = $TENANT" "client_id = $CLIENT" "client_secret = $SECRET"
export AZURE_AUTHORITY_HOST=$AUTHORITY
seq 1 200 | sed 's,.*,&\tcontent &,' >blobs
azure put-many "$CONTAINER" blobs
n=0
reads_one() { assert_equal "content $((++n))" "$(larder_preload cat "$MOUNT/$n")"; }
reads_one
assert_equal 1 "$(entra_requests '^POST')" 'requests for the first token'
echo 3600 >"$ENTRA/claimed" # however slow we are, there are two
asked_again() {
	reads_one
	[ "$(entra_requests '^POST .* 200')" -ge 2 ]
}
wait_until 60 asked_again
# It was still good then, and nobody asks again for one that has just come.
reads_one
assert_equal 2 "$(entra_requests '^POST')" 'requests for tokens'
assert_equal 0 "$(azure_requests | grep -c ' 40[13]$' || true)" 'refused requests'
