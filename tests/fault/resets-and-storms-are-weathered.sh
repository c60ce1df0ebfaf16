#!/bin/bash
# Connections that are reset and 500s and 503s among many ranges of many objects cost tries, and no byte.
. "$(dirname "$0")/../lib/lib.sh"

requires_lua
for i in {1..12}; do make_file "$ORIGIN_DIR/demo/$i" 600000 "$i"; done
start_nginx 'location / { content_by_lua_block {
	local n = origin.count("all")
	origin.serve{status = n % 5 == 0 and 500 or n % 7 == 0 and 503 or nil} } }'
for ((try = 0; try < PORT_TRIES; try++)); do
	port=$(guess_port)
	python3 "$LIB/reset_proxy.py" "$port" "$ORIGIN_PORT" 10 50000 >proxy.out 2>&1 &
	pid=$!
	while kill -0 $pid 2>/dev/null && ! grep -q ready proxy.out; do sleep 0.02; done
	if grep -q ready proxy.out; then break; fi
done
SERVERS+=("$pid")
ORIGIN=http://127.0.0.1:$port
demo_config 'retries = 8' 'part_size = 64K' 'object_connections = 3'
readers=()
for i in {1..12}; do
	read_object "$MOUNT/$i" >"out$i" &
	readers+=($!)
done
for pid in "${readers[@]}"; do wait "$pid" || fail 'a reader failed'; done
for i in {1..12}; do assert_equal "$(digest "$ORIGIN_DIR/demo/$i")" "$(cat "out$i")" "object $i"; done
assert_at_least 20 "$(ORIGIN=http://127.0.0.1:$ORIGIN_PORT origin_requests ' 50[03] ')" 'errors of the server'
