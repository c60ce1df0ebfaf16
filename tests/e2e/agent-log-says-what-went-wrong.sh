#!/bin/bash
# The agent's log names the object that failed, the status and what was tried.
. "$(dirname "$0")/../lib/lib.sh"

start_nginx 'location / { return 403; }'
demo_config "log = $T/agent.log"
assert_fails_with 'Permission denied' larder_preload cat "$MOUNT/dir/x"
assert_contains "$(cat agent.log)" "$ORIGIN/demo/dir/x"
assert_contains "$(cat agent.log)" 403
