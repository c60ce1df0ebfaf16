#!/bin/bash
# larder doctor says which profile has a path, whether the cache can be written and whether the remote answers.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/x" 1000
start_nginx
demo_config
said=$("$LARDER" doctor cat "$MOUNT/x") || fail "doctor finds fault: $said"
assert_contains "$said" demo
assert_contains "$said" "$ORIGIN"
assert_contains "$said" "$CACHE"
stop_nginx
said=$("$LARDER" doctor cat "$MOUNT/x") && fail 'doctor finds nothing wrong with a remote that is gone'
assert_contains "$said" "$ORIGIN"
