#!/bin/bash
# An agent that leaves for idleness fails nobody who comes at that very moment.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/x" 1000
start_nginx
demo_config 'idle_exit = 1s' 'negative_ttl = 0s'
for ((n = 0; n < 12; n++)); do
	assert_fails_with 'No such file' larder_preload cat "$MOUNT/absent"
	sleep "1.$((RANDOM % 10))$((RANDOM % 10))"
done
