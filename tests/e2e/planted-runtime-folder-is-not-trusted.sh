#!/bin/bash
# Without XDG_RUNTIME_DIR the runtime folder is in /tmp: what another user planted there is neither read nor entered.
. "$(dirname "$0")/../lib/lib.sh"
requires setpriv python3
[ "$(id -u)" = 0 ] || { echo "$TEST: skipped: needs two users" && exit "$SKIP"; }
ORIGIN=file://$ORIGIN_DIR
mkdir -p "$ORIGIN_DIR/demo/sub"
echo remote >"$ORIGIN_DIR/demo/sub/f"
demo_config
larder_preload ls "$MOUNT/sub" >/dev/null
stop_agent
# The victim, an ordinary user, finds a folder of somebody else's (65533) at the place of its own.
chmod 0711 "$T" "$XDG_RUNTIME_DIR"
chown 65532 "$XDG_RUNTIME_DIR"
chmod 0644 "$LARDER_CONFIG"
cp "$SHIM" "$T/shim.so"
chown -R 65533 "$XDG_RUNTIME_DIR/larder" && chmod -R go+rX "$XDG_RUNTIME_DIR/larder"
victim() { setpriv --reuid 65532 --regid 65532 --clear-groups env LD_PRELOAD="$T/shim.so" "$@"; }
# The hash does not have the user in it: the planted folder has the name that the victim looks for.
wanted=$(setpriv --reuid 65532 --regid 65532 --clear-groups "$LARDER" config 2>/dev/null | grep -o '[^ ]*/larder/[0-9a-f]\{16\}' | head -n 1) || true
[ -n "$wanted" ] || { echo "$TEST: skipped: larder config does not name the folder" && exit "$SKIP"; }
assert_equal "$wanted" "$(echo "$XDG_RUNTIME_DIR"/larder/*)" 'the planted folder'
assert_fails_with 'Input/output error' victim ls "$MOUNT/sub"
assert_fails_with 'Input/output error' victim python3 -c 'import os, sys; os.chdir(sys.argv[1])' "$MOUNT/sub"
