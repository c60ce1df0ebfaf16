#!/bin/bash
# A user that no passwd file knows, without HOME and XDG_RUNTIME_DIR and with a TMPDIR that is not there, has a cache and a runtime
# folder of its own.
. "$(dirname "$0")/../lib/lib.sh"
requires setpriv tar find perl python3
[ "$(id -u)" = 0 ] || { echo "$TEST: skipped: needs root, to become another user" && exit "$SKIP"; }
user=$((100000 + $$))
ORIGIN=file://$ORIGIN_DIR
"$LIB/tree" "$ORIGIN_DIR/demo"
cp -a "$ORIGIN_DIR/demo" plain
chown -R $user:$user plain
# What the user must be able to read. No location is given, so that it is the default one.
mkdir -p pair/lib pair/bin
cp "$SHIM" pair/lib && cp "$LARDER" pair/bin
printf '%s\n' '[cache]' 'idle_exit = 5s' '[profile demo]' "remote = $ORIGIN/demo" "path = $MOUNT" >"$LARDER_CONFIG"
chmod 0755 "$T" "$ORIGIN_DIR"
nobody_known() {
	env -u HOME -u XDG_RUNTIME_DIR -u XDG_CACHE_HOME TMPDIR=/no/such/folder \
		setpriv --reuid $user --regid $user --clear-groups "$@"
}
at_end() {
	nobody_known pair/bin/larder agent --stop >/dev/null 2>&1
	rm -rf "/tmp/larder-$user"
}
trap 'at_end; at_exit' EXIT

for state in cold warm; do
	env -u HOME -u XDG_RUNTIME_DIR setpriv --reuid $user --regid $user --clear-groups \
		sh "$LIB/same-output" "$T/pair/lib/liblarder.so" "$T/plain" "$MOUNT" bash <"$LIB/programs.lines" >said ||
		fail "$state: $(cat said)"
done
assert_equal 'hello from b' "$(nobody_known env LD_PRELOAD="$T/pair/lib/liblarder.so" cat "$MOUNT/sub/b.txt")" 'an odd TMPDIR'
assert_equal "$user 700" "$(stat -c '%u %a' "/tmp/larder-$user")" 'the runtime folder'
[ -d "/tmp/larder-$user/cache/data" ] || fail 'no cache'
assert_equal '' "$(find "$T/home" "$XDG_RUNTIME_DIR" -mindepth 1)" 'what was left in folders of others'
