#!/bin/bash
# Where the cache's disk is full, objects are read all the same, whether their length is known or not, with one warning; when there is room
# again they are kept again.
. "$(dirname "$0")/../lib/disk.sh"

requires_lua
small_disk size=6M
head -c 6M /dev/zero >"$CACHE/ballast" || true
small_files 6 700000
start_nginx 'location = /demo/4 { content_by_lua_block {
	local f = io.open(ngx.var.document_root .. ngx.var.uri, "rb") ngx.print(f:read("*a")) f:close() } }'
demo_config
all_read 1 5
assert_equal '' "$(cached_objects)" 'the cache'
assert_equal 1 "$(warnings)" 'warnings'
rm "$CACHE/ballast"
wait_until 30 keeps_again 6
stop_agent
umount "$CACHE"
