#!/bin/bash
# The members of a group share a cache, each with an agent of their own, and nobody has to change a mode.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/users.sh"
requires_users

make_file "$ORIGIN_DIR/demo/sub/x" 300000 1
make_file "$ORIGIN_DIR/demo/sub/y" 300000 2
start_nginx
CACHE=$T/shared/cache
install -d -m 2770 -g "$GROUP" "$T/shared"
demo_config "group = $GROUP" -- 'immutable = true'
chmod 0644 "$LARDER_CONFIG"
sum() { as_preload "$1" sha256sum "$MOUNT/sub/$2" | cut -d' ' -f1; }

# An odd umask of who starts the agent spoils nothing.
assert_equal "$(digest "$ORIGIN_DIR/demo/sub/x")" "$(umask 077 && sum "$ALICE" x)" 'of the first member'
stop_agents_of "$ALICE"
forget_requests
assert_equal "$(digest "$ORIGIN_DIR/demo/sub/x")" "$(sum "$BOB" x)" 'of the second member'
assert_equal 0 "$(origin_requests '^GET /demo/sub/x')" 'downloads of what another member has'
assert_equal "$(digest "$ORIGIN_DIR/demo/sub/y")" "$(sum "$BOB" y)" 'into a folder of another member'
stop_agents_of "$BOB"

# What one pins, and what another pins, stays for all.
as "$ALICE" "$APP/bin/larder" pin "$MOUNT/sub/x" >/dev/null || fail 'the first pin'
as "$BOB" "$APP/bin/larder" pin "$MOUNT/sub/y" >/dev/null || fail 'the pin of another member'
assert_equal 2 "$(grep -c '/sub/[xy]$' "$CACHE/usage/pins")" 'pins'
stop_agents_of "$ALICE" "$BOB"

wrong=$(find "$CACHE" -type d ! \( -group "$GROUP" -perm -2770 ! -perm /7 \) -o -type f ! -path '*/data/*' ! -perm -660)
assert_equal '' "$wrong" 'folders and locks that are not for all members'
assert_equal "$ALICE $BOB" "$(stat -c %u "$CACHE"/data/*/sub/{x,y} | xargs)" 'the owners'
# Who is not in the group is served, and reads nothing of theirs.
forget_requests
assert_equal "$(digest "$ORIGIN_DIR/demo/sub/x")" "$(sum "$STRANGER" x)" 'of a stranger'
assert_equal 1 "$(origin_requests '^GET /demo/sub/x')" 'downloads of a stranger'
assert_contains "$(cat "$T/users/$STRANGER"/run/larder/*/agent.log)" 'is not in it'
