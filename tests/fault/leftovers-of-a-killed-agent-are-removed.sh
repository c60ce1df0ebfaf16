#!/bin/bash
# What an agent that was killed left in tmp/ is removed by the next one; what a living one writes is not.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/x" 3000000
make_file "$ORIGIN_DIR/demo/y" 1000
start_nginx 'location / { limit_rate 1m; }'
demo_config
LD_PRELOAD=$SHIM cat "$MOUNT/x" >/dev/null 2>&1 &
reader=$!
filling() { [ -n "$(ls "$CACHE/tmp" 2>/dev/null)" ]; }
wait_until 5 filling
kill $reader # or it would ask the next agent; the fill goes on without it
wait $reader || true
kill -KILL "$(agent_pids)"
sleep 2.1 # old enough to be told from one that is just being made
read_object "$MOUNT/y" >/dev/null
gone() { [ "$(find "$CACHE/tmp" -name '[0-9a-f]*' -size +0 | wc -l)" = 0 ]; }
wait_until 5 gone
