#!/bin/bash
# A connection that drops in the middle is resumed where it ended, not begun anew.
. "$(dirname "$0")/../lib/lib.sh"

requires_lua
make_file "$ORIGIN_DIR/demo/x" 4000000
start_nginx 'location / { content_by_lua_block {
	local get = ngx.req.get_method() == "GET"
	origin.serve{cut = get and origin.first(2) and 1500000 or nil} } }'
demo_config 'part_size = 8M'
assert_equal "$(digest "$ORIGIN_DIR/demo/x")" "$(read_object "$MOUNT/x")"
assert_at_least 2 "$(origin_requests '^GET')" GETs
assert_at_most 5000000 "$(origin_bytes '^GET')" bytes
