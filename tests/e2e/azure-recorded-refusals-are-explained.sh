#!/bin/bash
# What Azure refuses and no emulator shows (tests/stores/azure) gets its errno, and the log says what to do; a busy account is asked again when it says.
. "$(dirname "$0")/../lib/azure.sh"

requires_lua
cp "$SOURCE"/tests/stores/azure/* "$ORIGIN_DIR"
echo content >"$ORIGIN_DIR/x"
start_nginx 'location / { content_by_lua_block {
	local name = ngx.var.uri:match("([^/]*)$")
	if name == "x" then
		if not origin.first(2, "busy") then return origin.serve{ path = "/x" } end
		name = "busy"
		ngx.header["Retry-After"] = 1
	end
	local file = io.open(ngx.var.document_root .. "/" .. name)
	local status, code = file:read("l"):match("(%d+) (%a+)")
	local body = file:read("a")
	ngx.status = tonumber(status)
	ngx.header["x-ms-error-code"] = code
	ngx.header["Content-Type"] = "application/xml"
	ngx.header["Content-Length"] = #body
	ngx.print(body)
} }'
export AZURE_STORAGE_KEY=$ACCOUNT_KEY
printf '%s\n' 'retries = 4' '[profile demo]' "remote = az://$ACCOUNT/box" "endpoint = $ORIGIN/$ACCOUNT" "path = $MOUNT" | write_config
begun=$SECONDS
assert_equal content "$(larder_preload cat "$MOUNT/x")"
assert_at_least 1 $((SECONDS - begun)) 'seconds, of the two that it was asked to wait'
assert_equal 2 "$(origin_requests "GET /$ACCOUNT/box/x 503")" 'busy answers'
while read -r name text; do
	assert_fails_with 'Permission denied' larder_preload cat "$MOUNT/$name"
	agent_log "$text" || fail "not in the log: $text"
	assert_equal 1 "$(origin_requests "GET /$ACCOUNT/box/$name ")" "requests for $name"
done <<END
archived set its access tier to Hot or Cool first, and wait for hours
rehydrating on its way back from the archive; try again in some hours
clock this machine's clock is more than 15 minutes wrong; set it, best by NTP (the account key of AZURE_STORAGE_KEY)
not-yet the shared access signature has ended, or does not hold yet; get a new one
firewall the account's firewall must let this machine in
role an identity needs the role Storage Blob Data Reader
encrypted the blob is encrypted with a key of its owner's; set \`encryption_key\`
keyless the account takes no account keys; use an identity of Microsoft Entra ID
END
printf '%s\n' 'retries = 0' '[profile demo]' "remote = az://larder-none/box" 'endpoint = http://larder-none.blob.invalid' "path = $MOUNT" | write_config
stop_agent
assert_fails_with 'Input/output error' larder_preload cat "$MOUNT/archived"
agent_log 'larder-none.blob.invalid' || fail 'the log does not name the host that has no address'
