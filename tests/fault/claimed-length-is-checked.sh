#!/bin/bash
# A server that claims more than it sends gives EIO and nothing in the cache.
. "$(dirname "$0")/../lib/lib.sh"

requires_lua
make_file "$ORIGIN_DIR/demo/x" 1000000
start_nginx 'location / { content_by_lua_block { origin.serve{extra=1000} } }'
demo_config 'retries = 1'
assert_fails_with 'Input/output error' larder_preload cat "$MOUNT/x"
assert_cached
