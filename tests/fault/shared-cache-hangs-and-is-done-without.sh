#!/bin/bash
# When the file system of the shared cache hangs, whoever needs the agent is served from the remote within ten seconds, whatever it was
# doing there, and programs do not touch the cache; when it goes on, the cache is used again.
# timeout: 180
. "$(dirname "$0")/../lib/own-mounts.sh"
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/away.sh"

for i in {1..9}; do make_file "$ORIGIN_DIR/demo/$i" 300000 "$i"; done
make_file "$ORIGIN_DIR/demo/slow" 1500000 10
start_nginx 'location = /demo/slow { limit_rate 500k; }'
mount_sshfs
demo_config
is_kept() { [ -e "$(echo "$T/store"/data/*/"$1")" ]; }
assert_served_soon 1 2
wait_until 30 is_kept 2

# In the middle of a download, which the agent writes there. Its reader has looked there before.
larder_preload sha256sum "$MOUNT/slow" >slow.out &
reader=$!
is_begun() { [ -n "$(find "$T/store/tmp" -type f -size +0 ! -name '.*')" ]; }
wait_until 30 is_begun
kill -STOP "$SSHFS_SERVER"
wait_until 30 agent_said 'does not answer'
# Programs do not even look there now.
assert_served_soon 1 2 3
wait "$reader"
assert_equal "$(digest "$ORIGIN_DIR/demo/slow")" "$(cut -d' ' -f1 slow.out)" 'what was on its way'
"$LARDER" agent --status >/dev/null

kill -CONT "$SSHFS_SERVER"
wait_until "$BACK_SECONDS" agent_said "$CACHE is back"
assert_served_soon 5
wait_until 30 is_kept 5
cmp "$T/store"/data/*/5 "$ORIGIN_DIR/demo/5"
stop_agent

# An agent that begins while it hangs.
kill -STOP "$SSHFS_SERVER"
"$LARDER" agent >agent.out 2>&1 &
is_up() { grep -q "agent .* for" agent.out; }
wait_until 30 is_up
assert_served_soon 6 7 6
kill -CONT "$SSHFS_SERVER"
wait_until "$BACK_SECONDS" grep -qF "$CACHE is back" agent.out
assert_served_soon 8
wait_until 30 is_kept 8
stop_agent
