#!/bin/bash
# In a group's cache, an object that another member than its owner has used of late stays, and older ones go.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/users.sh"
requires_users

for i in a b c d; do make_file "$ORIGIN_DIR/demo/$i" 300000 "${#i}"; done
chmod -R go+rX "$ORIGIN_DIR"
ORIGIN=file://$ORIGIN_DIR
CACHE=$T/cache
install -d -m 2770 -g "$GROUP" "$CACHE"
demo_config "group = $GROUP" 'size = 1M' -- 'immutable = true'
chmod 0644 "$LARDER_CONFIG"
is_cached() { compgen -G "$CACHE/data/*/$1" >/dev/null; }
for i in a b c; do
	as_preload "$ALICE" cat "$MOUNT/$i" >/dev/null
	wait_until 20 is_cached "$i"
	sleep 1.1 # the order of last uses, in seconds
done
stop_agents_of "$ALICE"
# The times of Alice's file are not Bob's to set: his agent writes the use down. (It has to be there to be told of one.)
echo small >"$ORIGIN_DIR/demo/e" && chmod 0644 "$ORIGIN_DIR/demo/e"
as_preload "$BOB" cat "$MOUNT/e" "$MOUNT/a" >/dev/null
is_noted() { find "$CACHE/usage" -name '*.log' -user "$BOB" -exec cat {} + | grep -q '/a$'; }
wait_until 20 is_noted
as_preload "$BOB" cat "$MOUNT/d" >/dev/null
wait_until 20 is_cached d
stop_agents_of "$BOB"
assert_equal 'a c d e' "$(cd "$CACHE"/data/* && echo ?)" 'what is left'
