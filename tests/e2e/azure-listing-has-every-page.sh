#!/bin/bash
# A container of more blobs than one page of the listing holds is listed whole; and a shared access signature is all that it takes.
. "$(dirname "$0")/../lib/azure.sh"

start_azurite
for i in {1..9}; do printf 'dir/%d/x\tcontent %d\n' "$i" "$i"; done >blobs
azure put-many "$CONTAINER" blobs
# Azure has 5,000 in a page; the signature does not cover how many there are.
start_nginx "location / { proxy_set_header Host \$http_host; proxy_pass ${BLOB_ENDPOINT%/*}\$uri?\$args\$few; }" \
	'set $few ""; if ($arg_comp = list) { set $few "&maxresults=2"; }'
BLOB_ENDPOINT=$ORIGIN/$ACCOUNT azure_config
AZURE_STORAGE_SAS_TOKEN=$(azure sas "$CONTAINER" "$LATER")
export AZURE_STORAGE_SAS_TOKEN
assert_equal "$(printf '%s\n' {1..9})" "$(larder_preload ls "$MOUNT/dir")"
assert_equal 'content 9' "$(larder_preload cat "$MOUNT/dir/9/x")"
assert_at_least 5 "$(origin_requests "GET /$ACCOUNT/$CONTAINER 200")" 'pages'
