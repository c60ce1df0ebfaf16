#!/bin/bash
# A listing that comes as a byte now and then fails after a while, as an object does.
. "$(dirname "$0")/../lib/lib.sh"

requires_lua
start_nginx 'location / { content_by_lua_block {
	ngx.header["Content-Length"] = 100000 ngx.print("<?xml version=\"1.0\"?><ListBucketResult>") ngx.flush(true)
	while ngx.print(" ") and ngx.flush(true) do ngx.sleep(0.2) end } }'
printf '%s\n' 'stall_timeout = 2s' 'retries = 1' '[profile demo]' 'remote = s3://bucket' "endpoint = $ORIGIN" 'anonymous = true' \
	"path = $MOUNT" | write_config
SECONDS=0
assert_fails_with 'Input/output error' larder_preload ls "$MOUNT"
assert_at_most 100 $SECONDS seconds # two tries of the default would be 120
