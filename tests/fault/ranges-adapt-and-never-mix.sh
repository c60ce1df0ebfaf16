#!/bin/bash
# Where each answer takes long, an object's ranges become longer than part_size; every one of them names the version, and an object that is
# replaced meanwhile is read whole in the new one.
. "$(dirname "$0")/../lib/lib.sh"

requires_lua
make_file "$ORIGIN_DIR/demo/old" 30000000 1
make_file "$ORIGIN_DIR/demo/new" 30000000 2
# The fortieth answer is of the new version: 39 of the longest ranges are not all of it.
start_nginx 'location / { content_by_lua_block {
	if ngx.var.http_range ~= "bytes=0-65535" and not ngx.var.http_if_match then return ngx.exit(400) end
	local name = origin.count("n") < 40 and "old" or "new"
	origin.serve{path = "/demo/" .. name, etag = "\"" .. name .. "\"", delay = 0.1} } }'
demo_config 'part_size = 64K'
assert_equal "$(digest "$ORIGIN_DIR/demo/new")" "$(read_object "$MOUNT/x")"
assert_equal 0 "$(origin_requests ' 400 ')" 'ranges of no version'
assert_at_least 1 "$(origin_requests ' 412 ')" 'ranges of the old version that were refused'
# 458 of 64 KiB are all.
assert_at_most 400 "$(origin_requests ' 206 ')" 'ranges'
longest=$(origin_log ' 206 ' | awk '$4 > most { most = $4 } END { print most }')
assert_at_least 131072 "$longest" 'bytes of the longest range'
assert_at_most 524288 "$longest" 'bytes of the longest range'
