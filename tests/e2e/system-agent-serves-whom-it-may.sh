#!/bin/bash
# A system agent serves those whom the profile's allow names, from the cache too; others get EACCES for open, stat and listing, cached or
# not, and nobody can write the cache.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/users.sh"
. "$LIB/system.sh"
requires_users

make_file "$ORIGIN_DIR/demo/sub/x" 300000 1
make_file "$ORIGIN_DIR/demo/sub/y" 300000 2
chmod -R go+rX "$ORIGIN_DIR"
ORIGIN=file://$ORIGIN_DIR
system_config 'idle_exit = 1s' -- "allow = @$GROUP, 65599" 'immutable = true'
start_system_agent
sum() { as_preload "$1" sha256sum "$MOUNT/sub/$2" | cut -d' ' -f1; }

# Before anything is cached, and after.
for round in cold warm; do
	assert_fails_with 'Permission denied' as_preload "$STRANGER" cat "$MOUNT/sub/x"
	assert_fails_with 'Permission denied' as_preload "$STRANGER" stat "$MOUNT/sub/x"
	assert_fails_with 'Permission denied' as_preload "$STRANGER" stat "$MOUNT/sub"
	assert_fails_with 'Permission denied' as_preload "$STRANGER" ls "$MOUNT/sub"
	assert_fails_with 'Permission denied' as_preload "$STRANGER" ls "$MOUNT"
	assert_fails_with 'does not name you' as "$STRANGER" "$APP/bin/larder" stat "$MOUNT/sub/x"
	assert_equal "$(digest "$ORIGIN_DIR/demo/sub/x")" "$(sum "$ALICE" x)" "$round, of a member"
	assert_equal 'x y' "$(as_preload "$BOB" ls "$MOUNT/sub" | xargs)" "$round, the listing"
	wait_until 20 compgen -G "$CACHE/data/*/sub/x" >/dev/null
done
# Neither by the cache itself, nor by what the agent has in its runtime folder.
for path in "$CACHE"/data/*/sub/x "$RUN"/listings/*/*; do
	[[ $path = */%above/* ]] || assert_fails_with 'Permission denied' as "$STRANGER" cat "$path"
done
assert_fails_with 'Permission denied' as "$STRANGER" ls "$RUN"/carriers/demo~*
# A warm open needs no agent.
kill -STOP "$SYSTEM_PID"
assert_equal "$(digest "$ORIGIN_DIR/demo/sub/x")" "$(timeout 20 setpriv --reuid "$BOB" --regid "$BOB" --groups "$GROUP" \
	env LD_PRELOAD="$APP/lib/liblarder.so" sha256sum "$MOUNT/sub/x" | cut -d' ' -f1)" 'with an agent that does not answer'
kill -CONT "$SYSTEM_PID"
# Nobody writes: no file, no folder.
for path in "$CACHE" "$CACHE"/data "$CACHE"/data/* "$CACHE"/data/*/sub "$CACHE"/tmp "$RUN" "$RUN"/listings/* "$RUN"/carriers/*; do
	assert_fails_with 'Permission denied' as "$ALICE" touch "$path/planted"
done
assert_fails_with 'Permission denied' as "$ALICE" bash -c "echo >>$(echo "$CACHE"/data/*/sub/x)"
# What changes the agent is not for everybody.
assert_fails_with 'Operation not permitted' as "$ALICE" "$APP/bin/larder" agent --stop
# Buckets of nobody's configuration are not read with the agent's keys.
assert_fails_with 'Permission denied' as_preload "$ALICE" cat s3://bucket/key
# Without systemd's socket nobody would start the next agent, so this one does not leave; and commands work for users.
sleep 2.5
assert_equal "$(digest "$ORIGIN_DIR/demo/sub/y")" "$(as "$ALICE" "$APP/bin/larder" run -- sha256sum "$MOUNT/sub/y" | cut -d' ' -f1)" 'larder run'
as "$ALICE" "$APP/bin/larder" warm "$MOUNT/sub" >/dev/null 2>&1 || fail 'larder warm'
assert_contains "$(as "$ALICE" "$APP/bin/larder" ls "$MOUNT/sub")" x
assert_contains "$(as "$STRANGER" "$APP/bin/larder" df)" demo
assert_fails_with 'Operation not permitted' as "$ALICE" "$APP/bin/larder" evict --dry-run "$MOUNT/sub/x"
# Another `allow` holds as soon as the agent has it, for what is cached too.
sed -i "s/^allow = .*/allow = $STRANGER/" "$LARDER_CONFIG"
"$APP/bin/larder" config --reload >/dev/null || fail 'config --reload'
assert_equal "$(digest "$ORIGIN_DIR/demo/sub/x")" "$(sum "$STRANGER" x)" 'of whom the new configuration names'
for path in "$MOUNT/sub/x" "$MOUNT/sub/y"; do assert_fails_with 'Permission denied' as_preload "$ALICE" cat "$path"; done
assert_fails_with 'Permission denied' as "$ALICE" cat "$CACHE"/data/*/sub/x
