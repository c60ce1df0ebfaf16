#!/bin/bash
# Wrong and ended credentials are EACCES, a missing container is ENOENT; the log has the reason and no secret.
. "$(dirname "$0")/../lib/azure.sh"

# refused REASON WANTED: reading fails so, and the log says why.
refused() {
	assert_fails_with "$2" larder_preload cat "$MOUNT/x"
	agent_log "$1" || fail "not in the log: $1"
	stop_agent
	! grep -rqE 'sig=|SharedKey|c2VjcmV0' "$XDG_RUNTIME_DIR" || fail 'the log has a secret'
}

start_azurite
make_file x 1000
azure put "$CONTAINER" x x
azure_config
AZURE_STORAGE_KEY=c2VjcmV0LWtleQ== refused 'the account key of AZURE_STORAGE_KEY' 'Permission denied'
AZURE_STORAGE_SAS_TOKEN=$(azure sas "$CONTAINER" 2020-01-01T00:00:00Z) refused 'has ended; get a new one' 'Permission denied'
AZURE_STORAGE_SAS_TOKEN=$(azure sas "$CONTAINER" "$LATER" l) refused 'Storage Blob Data Reader' 'Permission denied'
azure_config 'anonymous = true'
refused 'anonymous = true' 'Permission denied'
export AZURE_STORAGE_CONNECTION_STRING="AccountName=$ACCOUNT;AccountKey=$ACCOUNT_KEY;BlobEndpoint=$BLOB_ENDPOINT"
CONTAINER=none azure_config
assert_fails_with 'No such file' larder_preload cat "$MOUNT/x"
# The same string opens what is there, without an endpoint in the configuration.
assert_equal "$(digest x)" "$(read_object "az://$ACCOUNT/$CONTAINER/x")"
