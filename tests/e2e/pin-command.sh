#!/bin/bash
# larder pin notes objects and folders in the cache, pin alone shows them, unpin takes them back.
. "$(dirname "$0")/../lib/lib.sh"

start_nginx
demo_config
"$LARDER" pin "$MOUNT/a" "$MOUNT/dir/" "$ORIGIN/demo/odd\\name"
"$LARDER" pin "$MOUNT/a" # again is no error
wanted=$(printf '%s\n' "$ORIGIN/demo/a" "$ORIGIN/demo/dir/" "$ORIGIN/demo/odd\\name")
assert_equal "$wanted" "$("$LARDER" pin)" 'pins'
"$LARDER" agent --stop
assert_equal "$wanted" "$("$LARDER" pin)" 'pins of the next agent'
"$LARDER" unpin "$MOUNT/dir/" "$MOUNT/odd\\name"
assert_equal "$ORIGIN/demo/a" "$("$LARDER" pin)" 'pins that are left'
assert_fails_with 'is not pinned' "$LARDER" unpin "$MOUNT/dir/"
assert_fails_with 'is in no profile' "$LARDER" pin /elsewhere/x
# The whole profile.
"$LARDER" pin "$MOUNT"
"$LARDER" pin | grep -qxF "$ORIGIN/demo/" || fail "the profile is not pinned: $("$LARDER" pin)"
