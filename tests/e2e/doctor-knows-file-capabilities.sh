#!/bin/bash
# larder doctor tells a user that a program with file capabilities is not served.
. "$(dirname "$0")/../lib/lib.sh"

requires setcap setpriv
[ "$(id -u)" = 0 ] || { echo "$TEST: skipped: needs root, to give a file capabilities" && exit "$SKIP"; }
cp /bin/true plain
cp /bin/true capable
setcap cap_net_raw+ep capable 2>/dev/null || { echo "$TEST: skipped: needs a file system that keeps capabilities" && exit "$SKIP"; }
user=65534
mkdir own bin lib # the build tree need not be open to that user
cp "$LARDER" bin
cp "$SHIM" lib
chown $user own
chmod 711 "$T"
export HOME=$T/own XDG_RUNTIME_DIR=$T/own LARDER_CONFIG=
doctor() { setpriv --reuid=$user --regid=$user --clear-groups "$T/bin/larder" doctor "$1" >said || true; grep '^[A-Z]* *program: ' said; }
assert_equal "OK    program: $T/plain is dynamically linked" "$(doctor "$T/plain")"
assert_contains "$(doctor "$T/capable")" "FAIL  program: $T/capable is setuid, setgid or has capabilities"
