#!/bin/bash
# A hostile user gets nothing out of a system agent that is not his, and cannot stand in for it: forbidden names, names that climb, garbage,
# a socket of his own at its address.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/users.sh"
. "$LIB/system.sh"
requires_users
requires python3

mkdir -p "$ORIGIN_DIR/demo/sub" && echo hello | tee "$ORIGIN_DIR"/demo/sub/{f,h} >/dev/null
chmod -R go+rX "$ORIGIN_DIR"
ORIGIN=file://$ORIGIN_DIR
system_config -- "allow = $ALICE"
start_system_agent
assert_equal hello "$(as_preload "$ALICE" cat "$MOUNT/sub/f")"
wait_until 20 compgen -G "$CACHE/data/*/sub/f" >/dev/null
profile=$(basename "$CACHE"/data/demo~*)

# request OP REL: a request packet of the wire, as hexadecimal digits.
request() {
	python3 -c 'import struct, sys
rel = sys.argv[2].encode()
print((struct.pack("<IHHQQIIQ", 0x7264726C, 2, int(sys.argv[1]), 0, 0, len(rel), 0, 0) + rel).hex())' "$@"
}
ask() { as "$1" python3 "$T/wire_peer.py" ask "$RUN/agent.sock" "${@:2}" | xargs; }
# Where others can read it.
install -m 0644 "$LIB/wire_peer.py" "$T/wire_peer.py"
open=1 stat=2 list=3 used=4 stop=7
assert_equal 0 "$(ask "$ALICE" "$(request $stat "$profile/sub/f")")" 'of whom it is for'
assert_equal '-13 -13 -13 -13' "$(ask "$BOB" "$(request $open "$profile/sub/f")" "$(request $stat "$profile/sub/f")" \
	"$(request $list "$profile/sub")" "$(request $used "$profile/sub/f")")" 'of a stranger'
# Other spellings of the profile, and ways out of it.
assert_equal '-13 -13 -13 -13 -13' "$(ask "$BOB" "$(request $open "demo~0000000000000000/sub/f")" "$(request $open "demo/sub/f")" \
	"$(request $open "s3=bucket~0000000000000000/x")" "$(request $open "DEMO${profile#demo}/sub/f")" "$(request $open "${profile}x/f")")" 'other names'
assert_equal 'closed closed closed closed closed' "$(ask "$BOB" "$(request $open "../$profile/sub/f")" "$(request $open "/etc/shadow")" \
	"$(request $open "x/../$profile/sub/f")" "$(request $open "./$profile/f")" "$(request $open "x//y")")" 'names that climb'
assert_equal -1 "$(ask "$BOB" "$(request $stop '')")" 'stopping it'
assert_equal 'closed closed closed' "$(ask "$BOB" 00 "$(printf 'ff%.0s' {1..300})" "$(request 99 x)")" 'garbage'
assert_equal hello "$(as_preload "$ALICE" cat "$MOUNT/sub/f")" 'after all that'

# A crowd of one user's keeps nobody else out.
as "$BOB" python3 "$T/wire_peer.py" crowd "$RUN/agent.sock" 4200 >"$T/crowd.log" 2>&1 </dev/null &
SERVERS+=($!)
wait_until 30 grep -qs closed "$T/crowd.log"
assert_equal hello "$(as_preload "$ALICE" timeout 8 cat "$MOUNT/sub/h")" 'beside a crowd'
end_pids "${SERVERS[-1]}"

# Nobody but the owner of the folder, and root, is the agent.
stop_system_agent
rm -f "$RUN/agent.sock"
chmod 0777 "$RUN" # as if he had found a way in
python3 "$LIB/wire_peer.py" fake "$RUN/agent.sock" "$BOB" >"$T/fake.log" 2>&1 </dev/null &
SERVERS+=($!)
wait_until 20 grep -qs ready "$T/fake.log"
chmod 0755 "$RUN"
assert_fails_with 'Input/output error' timeout 30 setpriv --reuid "$ALICE" --regid "$ALICE" --clear-groups env LARDER_TEST="$T" \
	LD_PRELOAD="$APP/lib/liblarder.so" cat "$MOUNT/sub/g"
assert_equal '' "$(grep asked "$T/fake.log" || true)" 'what the false agent was asked'
# A folder that others can write, or in such a folder, is nobody's.
chmod 0777 "$RUN"
assert_fails_with 'Input/output error' as_preload "$ALICE" cat "$MOUNT/sub/g"
assert_fails_with "belongs to the agent's user" as "$SERVICE" "$APP/bin/larder" agent
chmod 0755 "$RUN" && chmod 0777 "${RUN%/*}"
assert_fails_with 'Input/output error' as_preload "$ALICE" cat "$MOUNT/sub/g"
assert_fails_with "in one of root's" as "$SERVICE" "$APP/bin/larder" agent
