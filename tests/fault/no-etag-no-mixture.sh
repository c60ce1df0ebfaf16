#!/bin/bash
# A small object without an ETag is never resumed in the middle: it may be another one by then.
. "$(dirname "$0")/../lib/lib.sh"

requires_lua
make_file "$ORIGIN_DIR/demo/old" 400000 1
make_file "$ORIGIN_DIR/demo/new" 400000 2
start_nginx 'location / { content_by_lua_block {
	if origin.first(1) then origin.serve{path = "/demo/old", etag = "", cut = 200000}
	else origin.serve{path = "/demo/new", etag = ""} end } }'
demo_config
assert_equal "$(digest "$ORIGIN_DIR/demo/new")" "$(read_object "$MOUNT/x")"
