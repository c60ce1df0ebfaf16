#!/bin/bash
# When the shared cache is lost (its mount is dead: every call fails), objects are kept in the local tier and opened there without the agent;
# with the local tier gone as well, they are still served.
# timeout: 120
. "$(dirname "$0")/../lib/own-mounts.sh"
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/away.sh"

requires strace
for i in {1..9}; do make_file "$ORIGIN_DIR/demo/$i" 300000 "$i"; done
start_nginx
mount_sshfs
LOCAL=$T/local
mkdir "$LOCAL"
mount -t tmpfs tmpfs "$LOCAL"
demo_config '[local]' "location = $LOCAL"
is_local() { [ -e "$(echo "$LOCAL"/data/*/"$1")" ]; }
assert_served_soon 1
assert_equal '' "$(find "$LOCAL/data" -type f)" 'kept locally while the shared cache is there'

kill -9 "$SSHFS"
assert_served_soon 2 3
wait_until 30 agent_said 'kept in [local]'
assert_served_soon 4
wait_until 30 is_local 4
strace -f -E LD_PRELOAD="$SHIM" -o trace cat "$MOUNT/4" | cmp - "$ORIGIN_DIR/demo/4"
assert_contains "$(cat trace)" "$LOCAL/data/"
assert_contains_not "$(cat trace)" "$CACHE/"
assert_contains_not "$(cat trace)" connect

umount -l "$LOCAL"
rmdir "$LOCAL"
: >"$LOCAL"
assert_served_soon 1 4 5
umount -l "$CACHE"
stop_agent
assert_served_soon 6 4
