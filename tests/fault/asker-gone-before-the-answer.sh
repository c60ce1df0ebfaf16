#!/bin/bash
# A program that is killed while the agent asks for its name leaves the agent well.
. "$(dirname "$0")/../lib/lib.sh"

start_nginx 'location / { access_by_lua_block { ngx.sleep(0.5) } }'
demo_config
larder_preload stat "$MOUNT/other" >/dev/null 2>&1 || true
pid=$(agent_pids)
for i in {1..5}; do
	timeout -s KILL 0.1 env LD_PRELOAD="$SHIM" stat "$MOUNT/x$i" >/dev/null 2>&1 || true
done
sleep 1
assert_equal "$pid" "$(agent_pids)" 'the same agent'
