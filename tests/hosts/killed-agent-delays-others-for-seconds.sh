#!/bin/bash
# If an agent is killed in the middle of a fill, another host that wants the same object is served within ten seconds.
# timeout: 120
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/hosts.sh"

make_file "$ORIGIN_DIR/demo/slow" 1000000 1
make_file "$ORIGIN_DIR/demo/other" 1000000 2
start_stalling_origin
start_hosts 2
demo_config
begin_fill 1 "$MOUNT/slow"
host_agent 1 KILL
assert_served_soon 2 "$MOUNT/slow" "$(digest "$ORIGIN_DIR/demo/slow")"
wait "$FILLER" || fail "the reader on the first host: $(cat filler.err)"
assert_equal "$(digest "$ORIGIN_DIR/demo/slow")" "$(cat filler.out)" 'what the first host reads'
