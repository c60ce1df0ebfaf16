#!/bin/bash
# An object that changes during its download is read whole in one version, never as a mixture.
. "$(dirname "$0")/../lib/lib.sh"

requires_lua
make_file "$ORIGIN_DIR/demo/old" 4000000 1
make_file "$ORIGIN_DIR/demo/new" 4000000 2
start_nginx 'location / { content_by_lua_block {
	local name = origin.count("n") <= 3 and "old" or "new"
	origin.serve{path = "/demo/" .. name, etag = "\"" .. name .. "\""} } }'
demo_config 'part_size = 512K'
assert_equal "$(digest "$ORIGIN_DIR/demo/new")" "$(read_object "$MOUNT/x")"
