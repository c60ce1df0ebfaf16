#!/bin/bash
# With the socket of systemd, the first question starts the agent; one that has left when idle is started again; and who asks meanwhile waits.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/users.sh"
. "$LIB/system.sh"
requires_users
requires python3

for i in 1 2 3; do make_file "$ORIGIN_DIR/demo/$i" 3000 "$i"; done
chmod -R go+rX "$ORIGIN_DIR"
ORIGIN=file://$ORIGIN_DIR
system_config 'idle_exit = 1s'
LARDER_TEST=$T HOME=$T/users/$SERVICE/home python3 "$LIB/activate.py" "$RUN/agent.sock" "$SERVICE" "$APP/bin/larder" agent \
	>"$T/activate.log" 2>"$T/system.log" </dev/null &
SERVERS+=($!)
wait_until 20 grep -qs ready "$T/activate.log"
has_left() { [ "$(grep -c 'left 0' "$T/activate.log")" -ge "$1" ]; }

for i in 1 2; do
	assert_equal "$(digest "$ORIGIN_DIR/demo/$i")" "$(as_preload "$ALICE" sha256sum "$MOUNT/$i" | cut -d' ' -f1)" "reading $i"
	wait_until 30 has_left "$i"
done
[ -S "$RUN/agent.sock" ] || fail 'the socket has gone with the agent'
# Asked to stop, it says so, although the socket is not its own.
as_preload "$BOB" cat "$MOUNT/3" >/dev/null
"$APP/bin/larder" agent --stop >/dev/null || fail 'agent --stop'
wait_until 30 has_left 3
assert_equal 3 "$(grep -c ' agent [0-9]* for ' "$T/system.log")" 'agents'
