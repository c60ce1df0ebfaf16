#!/bin/bash
# Of a body that is always cut off nothing is published: EIO, and no file but in tmp/, if at all.
. "$(dirname "$0")/../lib/lib.sh"

requires_lua
make_file "$ORIGIN_DIR/demo/x" 1000000
start_nginx 'location / { content_by_lua_block { origin.serve{cut=500000, ranges=false, etag=""} } }'
demo_config 'retries = 1'
assert_fails_with 'Input/output error' larder_preload cat "$MOUNT/x"
assert_cached
