#!/bin/bash
# On a local disk, many small objects share a few syncs of the file system; none pays one of its own.
. "$(dirname "$0")/../lib/lib.sh"
requires strace
strace -o /dev/null true 2>/dev/null || { echo "$TEST: skipped: may not trace" && exit "$SKIP"; }

mkdir "$ORIGIN_DIR/demo"
for i in {1..300}; do echo "$i" >"$ORIGIN_DIR/demo/$i"; done
ORIGIN=file://$ORIGIN_DIR
demo_config
strace -qq -f -e trace=fsync,fdatasync,sync,syncfs -o trace "$LARDER" agent >agent.log 2>&1 &
tracer=$!
listens() { [ -S "$(echo "$XDG_RUNTIME_DIR"/larder/*/agent.sock)" ]; }
wait_until 30 listens
begun=$SECONDS
"$LARDER" warm -q "$MOUNT"
stop_agent
wait $tracer
assert_equal 300 "$(cached_objects | wc -l)" 'cached objects'
assert_at_least 1 "$(grep -c syncfs trace)" 'syncs of the file system'
# One a second at the most, and what else there is (journals, counters) once in a while.
assert_at_most $((10 + SECONDS - begun)) "$(wc -l <trace)" 'syncs of any kind'
