#!/bin/bash
# The size of an object that the server sends in chunks, without a length, is shown as it is.
. "$(dirname "$0")/../lib/lib.sh"

requires_lua
start_nginx 'location / { content_by_lua_block { ngx.print("twelve bytes") } }'
demo_config
assert_equal 12 "$(larder_preload stat -c %s "$MOUNT/x")"
assert_equal 'twelve bytes' "$(larder_preload cat "$MOUNT/x")"
