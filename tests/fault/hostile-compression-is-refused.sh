#!/bin/bash
# A compressed answer, which could be a thousand times what it says, is refused and not unpacked.
. "$(dirname "$0")/../lib/lib.sh"

requires_lua
mkdir -p "$ORIGIN_DIR/demo"
head -c 50000000 /dev/zero | gzip -9 >"$ORIGIN_DIR/demo/bomb"
start_nginx 'location / { content_by_lua_block { ngx.header["Content-Encoding"] = "gzip"; origin.serve{} } }'
demo_config 'retries = 1'
assert_fails_with 'Input/output error' larder_preload cat "$MOUNT/bomb"
assert_contains "$(cat "$XDG_RUNTIME_DIR"/larder/*/agent.log)" compressed
assert_cached
