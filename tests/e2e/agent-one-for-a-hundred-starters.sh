#!/bin/bash
# A hundred processes that need an agent at once get one, and all are served.
. "$(dirname "$0")/../lib/lib.sh"

for i in {1..100}; do echo "$i" >"$T/$i"; done
mkdir "$ORIGIN_DIR/demo" && mv {1..100} "$ORIGIN_DIR/demo"
start_nginx
demo_config
readers=()
for i in {1..100}; do
	larder_preload cat "$MOUNT/$i" >"$T/out.$i" &
	readers+=($!)
done
for pid in "${readers[@]}"; do wait "$pid" || fail 'a reader failed'; done
for i in {1..100}; do assert_equal "$i" "$(cat "$T/out.$i")"; done
assert_equal 1 "$(agent_pids | wc -l)" agents
