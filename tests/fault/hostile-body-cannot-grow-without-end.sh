#!/bin/bash
# Bodies without an end, eight at once, are an error to their readers, and the cache stays within its size meanwhile.
. "$(dirname "$0")/../lib/lib.sh"

requires_lua
start_nginx 'location / { content_by_lua_block { local piece = string.rep("x", 65536); while ngx.print(piece) and ngx.flush(true) do end } }'
demo_config 'size = 16M' 'retries = 0'
readers=()
for i in {1..8}; do
	larder_preload timeout 60 cat "$MOUNT/$i" >"out.$i" 2>"err.$i" &
	readers+=($!)
done
most=0
for _ in {1..300}; do
	now=$({ du -sk "$CACHE/data" "$CACHE/tmp" "$CACHE/trash" 2>/dev/null || true; } | awk '{ n += $1 } END { print n + 0 }')
	[ "$now" -le "$most" ] || most=$now
	kill -0 "${readers[@]}" 2>/dev/null || break
	sleep 0.02
done
for i in {1..8}; do
	status=0
	wait "${readers[i - 1]}" || status=$?
	assert_equal 1 "$status" "status of reader $i"
	assert_contains "$(cat "err.$i")" 'Input/output error'
	[ ! -s "out.$i" ] || fail "reader $i was given bytes"
done
# A part in flight of each.
assert_at_most $((16 * 1024 + 8 * 1024)) "$most" 'KiB in the cache'
assert_cached
