#!/bin/bash
# larder warm that was killed, and its agent with it, goes on where it was: what had come is not fetched again.
. "$(dirname "$0")/../lib/lib.sh"

requires_lua
objects=60
for ((n = 0; n < objects; n++)); do make_file "$ORIGIN_DIR/demo/$n" 1000 "$n"; done
# After so many, none comes until the first run is over.
start_nginx "location /demo/ { content_by_lua_block {
	if origin.count('n') > 20 then origin.wait('$T/killed') end
	origin.serve{} } }
location = /begun { content_by_lua_block { ngx.say(origin.counted('n')) } }"
demo_config
seq 0 $((objects - 1)) | sed "s,^,$MOUNT/," >list
has_some() { [ "$(cached_objects | wc -l)" -ge 5 ]; }

"$LARDER" warm -q -j 1 --from-list list &
warm=$!
wait_until 60 has_some
# shellcheck disable=SC2046 # the agent, and perhaps the command itself
kill -9 $(agent_pids; echo $warm) 2>/dev/null || true
{ wait $warm; } 2>/dev/null && fail 'it had ended before it was killed'
wait_until 30 no_agent
touch killed
there=$(cached_objects | wc -l)
[ "$there" -lt $objects ] || fail 'everything was there already'
# Those that were held are answered now, to nobody, and logged.
begun=$(curl -sSf --noproxy '*' "$ORIGIN/begun")
are_logged() { [ "$(origin_requests '^GET /demo/')" -ge "$begun" ]; }
wait_until 60 are_logged
forget_requests

assert_contains "$("$LARDER" warm -n --from-list list)" "$((objects - there)) would be fetched"
"$LARDER" warm --json --from-list list >summary
python3 -c 'import json, sys
r, objects, there = json.load(open("summary")), int(sys.argv[1]), int(sys.argv[2])
assert r["objects"] == objects and r["there"] == there and r["fetched"] == objects - there, r
assert r["bytes"] == objects * 1000 and r["fetched_bytes"] == (objects - there) * 1000 and not r["failed"], r' $objects "$there"
assert_equal $((objects - there)) "$(origin_requests '^GET /demo/')" 'downloads of the second run'
