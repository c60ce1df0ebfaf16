#!/bin/bash
# Names that lead upwards, are absolute, are too long or hold anything else of the kind harm nothing outside of the cache, and no other name.
. "$(dirname "$0")/../lib/lib.sh"

requires_lua
start_nginx 'location / { content_by_lua_block {
	local names = { "../../../../escaped", "/etc/passwd", "..", ".", "", string.rep("k", 1000), string.rep("l", 4000), string.rep("d/", 500) .. "x",
		"a\tb", "%2e%2e%2fx", "good" }
	if not ngx.var.args then
		ngx.header["ETag"] = "\"e\""
		return ngx.print("bytes\n")
	end
	ngx.header["Content-Type"] = "application/xml"
	local wanted, prefix = tonumber(ngx.var.arg_prefix and ngx.unescape_uri(ngx.var.arg_prefix):match("^(%d+)/")), ""
	ngx.print("<ListBucketResult><IsTruncated>false</IsTruncated>")
	if wanted and names[wanted] then
		ngx.print("<Contents><Key>", wanted, "/", names[wanted], "</Key><LastModified>2024-01-01T00:00:00Z</LastModified><ETag>\"e\"</ETag><Size>6</Size></Contents>")
	end
	ngx.print("</ListBucketResult>") } }'
write_config <<-END
	retries = 1
	[profile demo]
	remote = s3://bucket
	endpoint = $ORIGIN
	anonymous = true
	path = $MOUNT
END
for i in {1..10}; do
	# A listing with it may be refused or leave it out; what it shows can be read.
	larder_preload timeout 20 find "$MOUNT/$i" -type f -exec cat {} + >out 2>err || true
done
assert_equal bytes "$(larder_preload cat "$MOUNT/11/good")"
for path in "$MOUNT/1/../../../../escaped" "$MOUNT//etc/passwd" "$MOUNT/$(printf 'k%.0s' {1..4000})"; do
	larder_preload timeout 20 cat "$path" >out 2>err || true
done
stop_agent
[ -z "$(find "$T" -name escaped -o -name passwd ! -path "$CACHE/*")" ] || fail "escaped: $(find "$T" -name escaped -o -name passwd)"
[ -z "$(find "$CACHE" ! -type f ! -type d)" ] || fail "neither file nor folder: $(find "$CACHE" ! -type f ! -type d)"
