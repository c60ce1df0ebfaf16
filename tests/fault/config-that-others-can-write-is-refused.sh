#!/bin/bash
# A configuration that others could have written is followed by nobody: neither by programs, nor by an agent. The user's own group may.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/users.sh"
requires_users

mkdir -p "$ORIGIN_DIR/demo" && echo hello >"$ORIGIN_DIR/demo/f"
chmod -R go+rX "$ORIGIN_DIR"
ORIGIN=file://$ORIGIN_DIR
CACHE=$T/users/$ALICE/cache
demo_config
# refused ERROR MESSAGE: what programs get at the prefix, and what the agent says. Where the shim itself does not believe the file, it knows
# no prefix from it.
refused() {
	assert_fails_with "$1" as_preload "$ALICE" cat "$MOUNT/f"
	assert_fails_with 'Input/output error' as_preload "$ALICE" cat s3://bucket/key
	assert_fails_with "$2" as "$ALICE" "$APP/bin/larder" agent
	[ -z "$(agent_pids)" ] || fail "an agent runs with it: $2"
	rm -rf "$T/users/$ALICE/run/larder" # after a failed start, none is tried for a while
}
served() {
	assert_equal hello "$(as_preload "$ALICE" cat "$MOUNT/f")" "with $1"
	stop_agents_of "$ALICE"
	rm -rf "$CACHE" "$T/users/$ALICE/run/larder"
}

chmod 0644 "$LARDER_CONFIG" && served "root's"
chown "$ALICE" "$LARDER_CONFIG" && served 'her own'
chmod 0646 "$LARDER_CONFIG" && refused 'No such file' 'everybody can write it'
chmod 0644 "$LARDER_CONFIG" && chown "$BOB" "$LARDER_CONFIG" && refused 'No such file' "belongs to user $BOB"
chown "$ALICE:$GROUP" "$LARDER_CONFIG" && chmod 0664 "$LARDER_CONFIG" && refused 'Input/output error' 'others can write it'
# What is real goes on.
assert_equal real "$(as_preload "$ALICE" echo real)"

# A private group is one with the user's own name and nobody else in it; for that the two need names.
requires_unshare -m
chown root:root "$LARDER_CONFIG" && served "root's own group, which"
cp /etc/passwd "$T/passwd" && cp /etc/group "$T/group"
printf 'alice:x:%d:%d::/:/bin/sh\n' "$ALICE" "$ALICE" >>"$T/passwd"
printf 'alice:x:%d:\n' "$ALICE" >>"$T/group"
chown "$ALICE:$ALICE" "$LARDER_CONFIG"
refused 'Input/output error' 'others can write it' # without a name it is not known whose group that is
unshare -m bash -ec 'mount --bind "$1/passwd" /etc/passwd; mount --bind "$1/group" /etc/group; shift; exec "$@"' bash "$T" \
	setpriv --reuid "$ALICE" --regid "$ALICE" --clear-groups env HOME="$T/users/$ALICE/home" XDG_RUNTIME_DIR="$T/users/$ALICE/run" \
	LARDER_TEST="$T" LD_PRELOAD="$APP/lib/liblarder.so" cat "$MOUNT/f" >"$T/out" || fail 'with a group of her own'
assert_equal hello "$(cat "$T/out")" 'with a group of her own'

# In a container of her own, in which root's file belongs to nobody, it is root's all the same.
chown root:root "$LARDER_CONFIG" && chmod 0644 "$LARDER_CONFIG" && rm -rf "$T/users/$ALICE/run/larder" "$CACHE"
if as "$ALICE" unshare -r true 2>/dev/null; then
	assert_equal hello "$(as_preload "$ALICE" unshare -r cat "$MOUNT/f")" 'in a container'
	chmod 0664 "$LARDER_CONFIG"
	assert_fails_with 'No such file' as_preload "$ALICE" unshare -r cat "$MOUNT/f"
else
	echo "$TEST: without a container of her own, for she may not unshare -r"
fi
