#!/bin/bash
# larder doctor says of configuration, credentials and cache who can write or read them that should not, and what to do.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/users.sh"
. "$LIB/system.sh"
requires_users

mkdir -p "$ORIGIN_DIR/demo" && echo hello >"$ORIGIN_DIR/demo/f"
chmod -R go+rX "$ORIGIN_DIR"
ORIGIN=file://$ORIGIN_DIR
doctor() { as "$1" "$APP/bin/larder" doctor || true; }

CACHE=$T/cache
install -d -m 2770 -g "$GROUP" "$CACHE"
demo_config "group = $GROUP" -- "credentials_file = $T/keys"
chmod 0644 "$LARDER_CONFIG"
echo '[default]' >"$T/keys" && chmod 0644 "$T/keys"
chgrp "$GROUP" "$LARDER_CONFIG" && chmod 0664 "$LARDER_CONFIG"
said=$(doctor "$ALICE")
assert_contains "$said" "FAIL  configuration: $LARDER_CONFIG: others can write it"
assert_contains "$said" "FAIL  configuration: $T/keys: others can read it"
chmod 0644 "$LARDER_CONFIG" && chmod 0600 "$T/keys" && chown "$ALICE" "$T/keys"
rm -rf "$T/users/$ALICE/run/larder"
assert_contains "$(doctor "$ALICE")" "is shared by group $GROUP"
stop_agents_of "$ALICE"
chmod 0700 "$CACHE/tmp"
assert_contains "$(doctor "$BOB")" "FAIL  cache: $CACHE/tmp: not all of group $GROUP can write it"
stop_agents_of "$BOB"

chown "$SERVICE" "$T/keys"
system_config -- "allow = $ALICE" "credentials_file = $T/keys"
assert_contains "$(doctor "$ALICE")" 'systemctl start larder.socket'
start_system_agent
assert_contains "$(doctor "$ALICE")" 'Nothing stands in the way'
for user in 0 "$SERVICE"; do assert_contains_not "$(setpriv --reuid "$user" --clear-groups "$APP/bin/larder" doctor)" FAIL; done
chmod 0644 "$T/keys"
assert_contains "$(doctor "$ALICE")" "you can read the system agent's keys"
said=$(doctor "$BOB")
assert_contains "$said" "profile 'demo' is not for you"
assert_contains "$said" "$CACHE: the system agent's (user $SERVICE)"
chmod 0777 "$CACHE"
assert_contains "$(doctor "$ALICE")" 'nobody else can write'
