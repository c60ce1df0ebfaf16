#!/bin/bash
# An answer with another range than was asked for, of another length than its range, or of another total, gives no object.
. "$(dirname "$0")/../lib/lib.sh"

requires_lua
start_nginx 'location / { content_by_lua_block {
	local ranges = { first = "bytes 5-14/100", total = "bytes 0-9/9", huge = "bytes 0-9/9223372036854775807", negative = "bytes -5-4/10",
		star = "bytes 0-9/*", backwards = "bytes 9-0/10", overflow = "bytes 0-9/99999999999999999999999" }
	ngx.status = 206
	ngx.header["ETag"] = "\"e\""
	ngx.header["Content-Range"] = ranges[ngx.var.uri:match("[a-z]+$")]
	ngx.header["Content-Length"] = 10
	ngx.print("0123456789") } }'
demo_config 'retries = 1'
for name in first total huge negative star backwards overflow; do
	if larder_preload timeout 20 cat "$MOUNT/$name" >out 2>err; then fail "$name was served: $(cat out)"; fi
done
assert_cached
