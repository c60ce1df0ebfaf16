#!/bin/bash
# ?snapshot= reads what a blob was when the snapshot was made; a snapshot that is not there, and a version of a server without versions, are told so.
. "$(dirname "$0")/../lib/azure.sh"

start_azurite
export AZURE_STORAGE_KEY=$ACCOUNT_KEY
echo before >x
azure put "$CONTAINER" d/x x
time=$(azure snapshot "$CONTAINER" d/x)
echo after >x
azure put "$CONTAINER" d/x x
azure_config
url=az://$ACCOUNT/$CONTAINER/d/x
assert_equal after "$(larder_preload cat "$MOUNT/d/x")"
assert_equal before "$(larder_preload cat "$url?snapshot=$time")"
assert_equal after "$(larder_preload cat "$url")"
assert_fails_with 'No such file' larder_preload cat "$url?snapshot=2020-01-01T00:00:00.0000000Z"
assert_fails_with 'Input/output error' larder_preload cat "$url?versionId=2020-01-01T00:00:00.0000000Z"
agent_log 'version' || fail 'the log does not say that the version is not served'
