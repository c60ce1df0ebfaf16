#!/bin/bash
# Versions that are pinned in a profile with `allow` are closed, also those that were cached before; who may enter all folders reads on.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/users.sh"
. "$LIB/system.sh"
. "$LIB/hub.sh"
requires_users

start_hub
files=$(hub_commit org/demo "$COMMIT_A" main)
printf secret >"$files/x"
ORIGIN=hf://org
system_config -- "endpoint = $HF_ENDPOINT" 'anonymous = true'
start_system_agent
pinned=hf://org/demo@$COMMIT_A/x
assert_equal secret "$(as_preload "$STRANGER" cat "$pinned")" 'without allow'
wait_until 20 compgen -G "$CACHE/data/demo@*/x" >/dev/null

sed -i "/^endpoint/s/^/allow = @$GROUP\n/" "$LARDER_CONFIG"
"$APP/bin/larder" config --reload >/dev/null || fail 'config --reload'
for user in "$STRANGER" "$ALICE"; do
	assert_fails_with 'Permission denied' as_preload "$user" cat "$pinned"
	assert_fails_with 'Permission denied' as "$user" cat "$CACHE"/data/demo@*/x
done
assert_equal secret "$(larder_preload cat "$pinned")" 'of root'
