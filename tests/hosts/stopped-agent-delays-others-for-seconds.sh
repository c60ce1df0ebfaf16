#!/bin/bash
# If an agent hangs in the middle of a fill, another host that wants the same object is served within ten seconds; and when it goes on
# again, nobody is given a wrong byte.
# timeout: 120
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/hosts.sh"

make_file "$ORIGIN_DIR/demo/slow" 1000000 1
make_file "$ORIGIN_DIR/demo/other" 1000000 2
start_stalling_origin
start_hosts 2
demo_config 'stall_timeout = 2s' 'retries = 5'
wanted=$(digest "$ORIGIN_DIR/demo/slow")
begin_fill 1 "$MOUNT/slow"
host_agent 1 STOP
assert_served_soon 2 "$MOUNT/slow" "$wanted"
host_agent 1 CONT
# It finds that nothing has come, which is an error or the object as another host has it.
if wait "$FILLER"; then assert_equal "$wanted" "$(cat filler.out)" 'what the first host reads'; fi
for host in 1 2; do assert_equal "$wanted" "$(host_reads $host "$MOUNT/slow")" "what host $host reads afterwards"; done
