#!/bin/bash
# A listing without an end, with pages that say the same for ever, or with entities that explode, ends with an error while the agent stays small.
. "$(dirname "$0")/../lib/lib.sh"

requires_lua
start_nginx 'location / { content_by_lua_block {
	if not ngx.var.args then return ngx.exit(404) end
	local head = "<?xml version=\"1.0\"?>\n"
	local prefix = ngx.unescape_uri(ngx.var.arg_prefix or "")
	ngx.header["Content-Type"] = "application/xml"
	if prefix == "laughs/" then
		head = head .. "<!DOCTYPE x [<!ENTITY a0 \"ha\">"
		for i = 1, 30 do head = head .. string.format("<!ENTITY a%d \"&a%d;&a%d;\">", i, i - 1, i - 1) end
		head = head .. "]>"
	elseif prefix == "outside/" then
		head = head .. "<!DOCTYPE x [<!ENTITY a30 SYSTEM \"file:///etc/passwd\">]>"
	end
	ngx.print(head, "<ListBucketResult><IsTruncated>", prefix == "endless/" or prefix == "same/", "</IsTruncated>")
	if prefix == "same/" then
		ngx.print("<NextContinuationToken>same</NextContinuationToken>")
	elseif prefix == "endless/" then
		ngx.print("<NextContinuationToken>", origin.count("page"), "</NextContinuationToken>")
	end
	local name = (prefix == "laughs/" or prefix == "outside/") and "&a30;" or string.rep("x", 200)
	for i = 1, 1000 do
		ngx.print("<Contents><Key>", prefix, name, origin.count("key"), "</Key><LastModified>2024-01-01T00:00:00Z</LastModified>",
			"<ETag>\"e\"</ETag><Size>1</Size></Contents>")
	end
	ngx.print("</ListBucketResult>") } }'
write_config <<-END
	retries = 1
	listing_max = 100000
	[profile demo]
	remote = s3://bucket
	endpoint = $ORIGIN
	anonymous = true
	path = $MOUNT
END
for name in endless same laughs outside; do
	if larder_preload timeout 50 ls "$MOUNT/$name" >out 2>err; then fail "$name was listed: $(head -c 300 out)"; fi
	assert_contains "$(cat err)" "$MOUNT/$name': Input/output error"
done
assert_contains "$(cat "$XDG_RUNTIME_DIR"/larder/*/agent.log)" listing_max
high=$(awk '/VmHWM/ { print $2 }' "/proc/$(agent_pids)/status")
assert_at_most 131072 "$high" 'KiB of memory of the agent'
