#!/bin/bash
# larder top shows the process that waits, its user and command, the object, and how far the download is.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/slow" 4000000
start_nginx 'limit_rate 20k;'
demo_config 'part_size = 64K' 'object_connections = 1'
LD_PRELOAD=$SHIM cat "$MOUNT/slow" >/dev/null &
reader=$!
shown() { "$LARDER" top --once | grep -E "^ *$reader "; }
is_under_way() { shown | grep -qE "filling +[0-9.]+ KiB +3\.8 MiB"; }
wait_until 30 is_under_way
line=$(shown)
assert_contains "$line" " $(id -un) "
assert_contains "$line" ' cat /'
assert_contains "$line" "$ORIGIN/demo/slow"
end_pids $reader
nobody_waits() { [ -z "$(shown)" ]; }
wait_until 30 nobody_waits
stop_agent
assert_contains "$("$LARDER" top)" 'no agent is running'
