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

# What is pinned stays, unless that is asked for.
for i in a b dir/c; do make_file "$ORIGIN_DIR/demo/$i" 1000; done
"$LARDER" unpin "$MOUNT"
"$LARDER" pin "$MOUNT/dir/"
for i in a b dir/c; do read_object "$MOUNT/$i" >/dev/null; done
stop_agent
assert_contains "$("$LARDER" stat "$MOUNT/dir/c")" "yes: $ORIGIN/demo/dir/"
assert_contains "$("$LARDER" evict --dry-run --all)" 'would evict 1 object,'
"$LARDER" evict --all >/dev/null
assert_equal "$ORIGIN/demo/a $ORIGIN/demo/dir/c" "$("$LARDER" ls --cached | LC_ALL=C sort | xargs)" 'what is pinned'
"$LARDER" evict --all --pinned >/dev/null
assert_equal '' "$("$LARDER" ls --cached)" 'the cache'
