#!/bin/bash
# A cached file that was cut short behind the agent's back is fetched anew.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/x" 100000
start_nginx
demo_config
wanted=$(digest "$ORIGIN_DIR/demo/x")
read_object "$MOUNT/x" >/dev/null
wait_until 5 eval '[ -n "$(cached_objects)" ]'
chmod u+w "$CACHE"/data/demo~*/x
truncate -s 50000 "$CACHE"/data/demo~*/x
assert_equal "$wanted" "$(read_object "$MOUNT/x")"
