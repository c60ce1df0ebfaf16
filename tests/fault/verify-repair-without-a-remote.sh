#!/bin/bash
# What is damaged and cannot be fetched again is removed all the same, and said: no wrong byte is better than one.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/x" 100000
make_file "$ORIGIN_DIR/demo/y" 100000 2
start_nginx
demo_config 'retries = 0' 'ttl = 1d'
read_object "$MOUNT/x" >/dev/null
read_object "$MOUNT/y" >/dev/null
wait_until 20 eval '[ "$(cached_objects | wc -l)" = 2 ]'
stop_agent
x=$(echo "$CACHE"/data/demo~*/x)
touch -r "$x" stamp
chmod u+w "$x"
printf x | dd of="$x" bs=1 seek=5000 conv=notrunc status=none
touch -m -r stamp "$x"
chmod 1444 "$x"
stop_nginx
if "$LARDER" verify --repair >said; then fail 'says that it could be repaired'; fi
assert_contains "$(cat said)" "$ORIGIN/demo/x: its bytes are not those that came; "
assert_cached y
"$LARDER" verify || fail 'the rest is not well'
