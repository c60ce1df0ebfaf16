#!/bin/bash
# Later ranges of another object, of other bytes, compressed, too long or too short: what is read is the whole of one version, or an error.
. "$(dirname "$0")/../lib/lib.sh"

requires_lua
make_file "$ORIGIN_DIR/demo/old" 300000 1
make_file "$ORIGIN_DIR/demo/new" 300000 2
make_file "$ORIGIN_DIR/demo/longer" 310000 3
# A server that knows no If-Match, and answers the first request as it should.
start_nginx 'location / { content_by_lua_block {
	local mode = ngx.var.uri:match("[^/]+$")
	local n = origin.count(mode)
	local first, last = ngx.var.http_range and ngx.var.http_range:match("=(%d+)-(%d+)")
	local later = tonumber(first or 0) > 0
	ngx.req.clear_header("If-Match")
	if mode == "replaced" then origin.serve{path = n <= 2 and "/demo/old" or "/demo/new", etag = n <= 2 and "\"a\"" or "\"b\""}
	elseif mode == "longer" then origin.serve{path = n <= 2 and "/demo/old" or "/demo/longer", etag = "\"same\""}
	elseif mode == "versions" then
		ngx.header["x-amz-version-id"] = n <= 2 and "1" or "2"
		origin.serve{path = n <= 2 and "/demo/old" or "/demo/new", etag = "\"same\""}
	elseif mode == "mirrors" then origin.serve{path = "/demo/new", etag = "\"" .. n .. "\""}
	elseif mode == "weak" then origin.serve{path = n == 1 and "/demo/old" or "/demo/new", etag = "W/\"same\""}
	elseif mode == "weaker" then origin.serve{path = "/demo/new", etag = later and "W/\"e\"" or "\"e\""}
	elseif mode == "whole" then origin.serve{path = "/demo/new", etag = "\"e\"", ranges = not later}
	elseif not later then origin.serve{path = "/demo/new", etag = "\"e\""}
	else
		local from, to = tonumber(first), math.min(tonumber(last), 299999)
		local bytes = to - from + 1
		if mode == "shifted" then from, to = from - 10, to - 10 end
		if mode == "shorter" then to, bytes = to - 10, bytes - 10 end
		if mode == "more" then bytes = bytes + 10 end
		if mode == "ended" then bytes = bytes - 10 end
		if mode == "gzip" then ngx.header["Content-Encoding"] = "gzip" end
		ngx.status = 206
		ngx.header["ETag"] = "\"e\""
		if mode == "multipart" then ngx.header["Content-Type"] = "multipart/byteranges; boundary=x"
		else ngx.header["Content-Range"] = string.format("bytes %d-%d/300000", from, to) end
		ngx.print(string.rep("x", bytes))
	end } }'
{
	printf '%s\n' 'retries = 1' 'part_size = 128K' '[profile demo]' "remote = $ORIGIN/demo" "path = $MOUNT"
	printf '%s\n' '[profile s3]' 'remote = s3://demo' "endpoint = $ORIGIN" 'anonymous = true' "path = $T/mnt/s3"
} | write_config

new=$(digest "$ORIGIN_DIR/demo/new")
for mode in replaced mirrors weak weaker whole; do assert_equal "$new" "$(read_object "$MOUNT/$mode")" "$mode"; done
assert_equal "$(digest "$ORIGIN_DIR/demo/longer")" "$(read_object "$MOUNT/longer")" longer
assert_equal "$new" "$(read_object "$T/mnt/s3/versions")" versions
for mode in shifted shorter more ended gzip multipart; do
	assert_fails_with 'Input/output error' larder_preload timeout 30 cat "$MOUNT/$mode"
done
assert_cached longer mirrors replaced versions weak weaker whole
