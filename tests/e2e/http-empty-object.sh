#!/bin/bash
# An object of no bytes is an empty file.
. "$(dirname "$0")/../lib/lib.sh"

mkdir -p "$ORIGIN_DIR/demo"
: >"$ORIGIN_DIR/demo/empty"
start_nginx
demo_config
assert_equal '' "$(larder_preload cat "$MOUNT/empty")"
assert_equal 0 "$(larder_preload stat -c %s "$MOUNT/empty")" size
assert_equal '' "$(larder_preload cat "$MOUNT/empty")"
