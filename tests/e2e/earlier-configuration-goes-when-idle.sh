#!/bin/bash
# After a reload, the agent of the earlier configuration goes when nobody has asked it for idle_exit, and the process serves the new one on.
. "$(dirname "$0")/../lib/lib.sh"
requires jq flock

for i in 1 2 3; do make_file "$ORIGIN_DIR/demo/$i" 100000 "$i"; done
start_nginx
demo_config 'idle_exit = 2s' 'ttl = 0'
read_object "$MOUNT/1" >/dev/null
pid=$(agent_pids)
old=$("$LARDER" agent --status | awk '/^runtime_dir/ { print $2 }')
[ -S "$old/agent.sock" ] || fail 'the first one has no socket'
demo_config 'idle_exit = 1h' 'ttl = 0'
"$LARDER" config --reload >/dev/null
assert_equal "$(digest "$ORIGIN_DIR/demo/2")" "$(read_object "$MOUNT/2")" 'under the new one'
has_gone() { [ ! -e "$old/agent.sock" ]; }
wait_until 30 has_gone
for i in 1 3; do assert_equal "$(digest "$ORIGIN_DIR/demo/$i")" "$(read_object "$MOUNT/$i")" 'after the earlier one has gone'; done
assert_equal "$pid" "$(agent_pids)" 'the process'
# Its lock is free, and its counts are not lost.
flock -n "$old/agent.lock" true || fail 'the lock is still held'
assert_equal 3 "$("$LARDER" df --json | jq '[.profiles[].misses] | add')" 'misses'
# Back to the first configuration, which has to be opened again.
demo_config 'idle_exit = 2s' 'ttl = 0'
assert_contains "$("$LARDER" config --reload)" 'is in force'
read_object "$MOUNT/1" >/dev/null
assert_equal "$pid" "$(agent_pids)" 'the process'
