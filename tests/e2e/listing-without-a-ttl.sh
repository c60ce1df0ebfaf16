#!/bin/bash
# Folders can be listed where nothing is trusted for any time.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/d/x" 100
ORIGIN=file://$ORIGIN_DIR
demo_config 'ttl = 0s'
for _ in 1 2 3; do assert_equal x "$(larder_preload ls "$MOUNT/d")"; done
make_file "$ORIGIN_DIR/demo/d/y" 100
new_is_listed() { [ "$(larder_preload ls "$MOUNT/d")" = $'x\ny' ]; }
wait_until 20 new_is_listed
