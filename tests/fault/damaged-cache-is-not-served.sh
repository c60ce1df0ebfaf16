#!/bin/bash
# A cached file that was cut short behind the agent's back is fetched anew, though it has its mode and its ETag, and the remote has not changed.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/x" 100000
start_nginx
demo_config -- 'ttl = 0s'
wanted=$(digest "$ORIGIN_DIR/demo/x")
read_object "$MOUNT/x" >/dev/null
stop_agent
x=$(echo "$CACHE"/data/demo~*/x)
chmod u+w "$x"
truncate -s 50000 "$x"
chmod 1444 "$x"
assert_equal "$wanted" "$(read_object "$MOUNT/x")"

# One that anybody could write is none of ours.
stop_agent
x=$(echo "$CACHE"/data/demo~*/x)
chmod u+w "$x"
assert_equal "$wanted" "$(read_object "$MOUNT/x")"
