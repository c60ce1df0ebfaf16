#!/bin/bash
# A body that ends with its connection, without a length or chunks, is no object: it could be any part of one.
. "$(dirname "$0")/../lib/lib.sh"

requires_lua
start_nginx 'chunked_transfer_encoding off; location / { content_by_lua_block { ngx.print("part") } }'
demo_config
assert_fails_with 'Input/output error' larder_preload cat "$MOUNT/x"
assert_cached
