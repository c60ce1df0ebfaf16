#!/bin/bash
# When the shared cache is not mounted any more, objects come from the remote, with a warning; nothing is written to the folder where it
# was, by an agent that saw it go or by one that begins without it; and it is used again when it is back.
. "$(dirname "$0")/../lib/own-mounts.sh"
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/away.sh"

for i in {1..6}; do make_file "$ORIGIN_DIR/demo/$i" 300000 "$i"; done
start_nginx
mkdir -p "$T/store" "$CACHE"
mount -t tmpfs tmpfs "$T/store"
mount --bind "$T/store" "$CACHE"
demo_config
is_kept() { [ -e "$(echo "$T/store"/data/*/"$1")" ]; }
assert_served_soon 1
wait_until 30 is_kept 1

umount -l "$CACHE"
assert_served_soon 1 2
wait_until 30 agent_said 'is not mounted'
assert_served_soon 1 3
assert_equal '' "$(ls -A "$CACHE")" 'the folder below the mount'

stop_agent
said=$("$LARDER" run -- sha256sum "$MOUNT/4" 2>&1) || fail "no answer: $said"
assert_contains "$said" "$(digest "$ORIGIN_DIR/demo/4")"
assert_contains "$said" 'is not mounted'
assert_equal '' "$(ls -A "$CACHE")" 'the folder below the mount'

mount --bind "$T/store" "$CACHE"
wait_until "$BACK_SECONDS" agent_said "$CACHE is back"
forget_requests
assert_served_soon 1 5
wait_until 30 is_kept 5
stop_agent
umount "$CACHE" "$T/store"
