#!/bin/bash
# Downloads that wait for a connection longer than stall_timeout have not failed.
. "$(dirname "$0")/../lib/lib.sh"

requires_lua
make_file "$ORIGIN_DIR/demo/x" 100000
start_nginx 'location / { content_by_lua_block { origin.serve{delay = 0.4, path = "/demo/x"} } }'
demo_config 'max_connections = 1' 'stall_timeout = 1s'
readers=()
for i in {1..8}; do
	read_object "$MOUNT/$i" >"out$i" &
	readers+=($!)
done
for pid in "${readers[@]}"; do wait "$pid" || fail 'a reader failed'; done
for i in {1..8}; do assert_equal "$(digest "$ORIGIN_DIR/demo/x")" "$(cat "out$i")" "reader $i"; done
