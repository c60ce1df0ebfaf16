#!/bin/bash
# An object of no bytes is an empty file, for one request: also where a server refuses the range and says that there is nothing.
. "$(dirname "$0")/../lib/lib.sh"

requires_lua
mkdir -p "$ORIGIN_DIR/demo/refused"
: >"$ORIGIN_DIR/demo/empty"
: >"$ORIGIN_DIR/demo/refused/empty"
start_nginx 'location /demo/refused/ { content_by_lua_block { origin.serve{} } }'
demo_config
for name in empty refused/empty; do
	assert_equal '' "$(larder_preload cat "$MOUNT/$name")"
	assert_equal 1 "$(origin_requests)" "requests for $name"
	assert_equal 0 "$(larder_preload stat -c %s "$MOUNT/$name")" size
	assert_equal '' "$(larder_preload cat "$MOUNT/$name")"
	forget_requests
done
