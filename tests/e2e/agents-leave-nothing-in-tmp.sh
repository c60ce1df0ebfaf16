#!/bin/bash
# Of agents that have gone, the next one removes what they had in tmp/.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/x" 1000
make_file "$ORIGIN_DIR/demo/y" 1000
start_nginx
demo_config
read_object "$MOUNT/x" >/dev/null
stop_agent
sleep 2.2
assert_fails_with 'No such file' larder_preload cat "$MOUNT/absent"
empty() { [ -z "$(find "$CACHE/tmp" -type f)" ]; }
wait_until 10 empty
