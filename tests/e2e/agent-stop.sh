#!/bin/bash
# larder agent --stop ends the agent; the next miss starts another; stopping none is no error.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/x" 1000
start_nginx
demo_config
read_object "$MOUNT/x" >/dev/null
assert_equal 1 "$(agent_pids | wc -l)" 'agents after a read'
"$LARDER" agent --stop
wait_until 5 no_agent
"$LARDER" agent --stop
assert_fails_with 'No such file or directory' larder_preload cat "$MOUNT/y"
assert_equal 1 "$(agent_pids | wc -l)" 'agents after another read'
