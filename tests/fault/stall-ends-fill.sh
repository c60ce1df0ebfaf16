#!/bin/bash
# A download without any progress ends after stall_timeout, with EIO.
. "$(dirname "$0")/../lib/lib.sh"

requires_lua
make_file "$ORIGIN_DIR/demo/x" 1000000
start_nginx 'location / { content_by_lua_block { origin.serve{stall=100000} } }'
demo_config 'stall_timeout = 1s' 'retries = 1'
SECONDS=0
assert_fails_with 'Input/output error' larder_preload cat "$MOUNT/x"
assert_at_most 100 $SECONDS seconds # two tries of the default would be 120
assert_cached
