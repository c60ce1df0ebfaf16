#!/bin/bash
# A changed configuration is taken by the running agent, on SIGHUP and by larder config --reload: a download that is under way ends, its program
# is served on, new programs get the new profiles, all from one process; a wrong one is refused and the old one kept.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/slow" 600000
make_file "$ORIGIN_DIR/demo/later" 1000 2
make_file "$ORIGIN_DIR/more/x" 1000 3
start_nginx 'location = /demo/slow { limit_rate 200k; }'
demo_config 'part_size = 64K' 'object_connections = 1'
# One program of the first configuration: a slow object, then another one when it is told.
larder_preload bash -c 'sha256sum <"$0/slow" >sum && until [ -e go ]; do sleep 0.02; done && sha256sum <"$0/later" >sum2' "$MOUNT" &
reader=$!
agent_waits() { "$LARDER" top | grep -q 'filling.*/demo/slow'; }
wait_until 30 agent_waits
pid=$(agent_pids)
old=$("$LARDER" agent --status | awk '/^runtime_dir/ { print $2 }')

cat >>"$LARDER_CONFIG" <<END
[profile more]
remote = $ORIGIN/more
path = $T/mnt/more
END
assert_contains "$("$LARDER" config --reload)" "agent $pid: the new configuration is in force; downloads that go on under the earlier one: 1"
assert_equal "$(digest "$ORIGIN_DIR/more/x")" "$(read_object "$T/mnt/more/x")" 'an object of the new profile'
assert_equal "$pid" "$(agent_pids)" 'the process'
assert_contains "$("$LARDER" config --reload)" 'nothing has changed'

wait_until 60 test -s sum
touch go
wait $reader
assert_equal "$(digest "$ORIGIN_DIR/demo/slow")" "$(cut -d' ' -f1 sum)" 'what was being downloaded'
assert_equal "$(digest "$ORIGIN_DIR/demo/later")" "$(cut -d' ' -f1 sum2)" 'a miss of a program with the earlier configuration'
assert_equal 1 "$(origin_requests 'GET /demo/slow .*range=bytes=0-')" 'first requests for the slow one'
assert_equal "$pid" "$(agent_pids)" 'the process'

# One that is wrong.
cp "$LARDER_CONFIG" good
echo 'colour = red' >>"$LARDER_CONFIG"
assert_fails_with "unknown key 'colour'" "$LARDER" config --reload
kill -HUP "$pid"
logged() { grep -qr --include=agent.log -- "$1" "$XDG_RUNTIME_DIR"; }
wait_until 30 logged "unknown key 'colour'.*the old one stays"
cp good "$LARDER_CONFIG"
assert_equal "$(digest "$ORIGIN_DIR/more/x")" "$(read_object "$T/mnt/more/x")" 'after a wrong one'

# By SIGHUP; then status and stop reach all that this file ever meant.
sed -i 's/^part_size.*/part_size = 128K/' "$LARDER_CONFIG"
kill -HUP "$pid"
wait_until 30 logged 'the new configuration is in force; .* one: 0'
assert_equal "$(digest "$ORIGIN_DIR/more/x")" "$(read_object "$T/mnt/more/x")" 'after SIGHUP'
assert_equal "$pid" "$(agent_pids)" 'the process'
assert_contains "$("$LARDER" agent --status)" "$old"
stop_agent
assert_contains "$("$LARDER" config --reload)" 'no agent is running'
