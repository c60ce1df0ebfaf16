#!/bin/bash
# A bit that turns over on its way is found where the store gives a checksum: the object is fetched again, and if that does not help it is an error.
. "$(dirname "$0")/../lib/lib.sh"

requires_lua
for i in once always; do make_file "$ORIGIN_DIR/bucket/$i" 700000; done
md5=$(md5sum <"$ORIGIN_DIR/bucket/once")
start_nginx "location / { content_by_lua_block {
	local flip = ngx.var.http_range ~= nil and ngx.var.http_range:find('^bytes=524288-') and
		(ngx.var.uri:find('always') or origin.first(1)) and 600123 or nil
	origin.serve{flip = flip, etag = '\"${md5%% *}\"'} } }"
printf '%s\n' 'retries = 1' 'part_size = 512K' '[profile demo]' 'remote = s3://bucket' "endpoint = $ORIGIN" 'anonymous = true' \
	"path = $MOUNT" | write_config
assert_equal "$(digest "$ORIGIN_DIR/bucket/once")" "$(read_object "$MOUNT/once")"
assert_fails_with 'Input/output error' larder_preload cat "$MOUNT/always"
assert_contains "$(cat "$XDG_RUNTIME_DIR"/larder/*/agent.log)" "the store says md5:${md5%% *}"
assert_cached once
"$LARDER" verify || fail 'the cache is damaged'
