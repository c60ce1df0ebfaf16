#!/bin/bash
# Clients that send garbage or half a message, never read, or are ten thousand at once, are hung up on; others are served meanwhile and afterwards.
. "$(dirname "$0")/../lib/lib.sh"

for i in {1..40}; do make_file "$ORIGIN_DIR/demo/$i" 3000 "$i"; done
start_nginx
demo_config
read_object "$MOUNT/1" >/dev/null
agent=$(agent_pids)
socket=$(echo "$XDG_RUNTIME_DIR"/larder/*/agent.sock)
python3 "$LIB/hostile_client.py" "$socket" >hostile.log 2>&1 &
SERVERS+=($!)
wait_until 20 grep -q begun hostile.log
for i in {2..30}; do assert_equal "$(digest "$ORIGIN_DIR/demo/$i")" "$(read_object "$MOUNT/$i")" "object $i meanwhile"; done
wait_until 60 grep -q ended hostile.log
for i in {31..40}; do assert_equal "$(digest "$ORIGIN_DIR/demo/$i")" "$(read_object "$MOUNT/$i")" "object $i afterwards"; done
assert_equal "$agent" "$(agent_pids)" 'the agent'
open() { find "/proc/$agent/fd" -mindepth 1 | wc -l; }
few() { [ "$(open)" -lt 200 ]; }
wait_until 30 few
