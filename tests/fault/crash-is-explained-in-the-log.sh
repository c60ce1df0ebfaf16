#!/bin/bash
# An agent that crashes writes its signal and its call stack to the log, and the next one serves on.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/x" 1000
start_nginx
demo_config
read_object "$MOUNT/x" >/dev/null
kill -SEGV "$(agent_pids)"
gone() { [ -z "$(agent_pids)" ]; }
wait_until 5 gone
assert_contains "$(cat "$XDG_RUNTIME_DIR"/larder/*/agent.log)" 'the agent crashed: signal 11'
assert_contains "$(cat "$XDG_RUNTIME_DIR"/larder/*/agent.log)" 'agent_run+'
assert_equal "$(digest "$ORIGIN_DIR/demo/x")" "$(read_object "$MOUNT/x")"
