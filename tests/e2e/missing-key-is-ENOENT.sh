#!/bin/bash
# A missing key is ENOENT; that is remembered for negative_ttl, and no longer.
. "$(dirname "$0")/../lib/lib.sh"

mkdir -p "$ORIGIN_DIR/demo"
start_nginx
demo_config 'negative_ttl = 2s'
for _ in 1 2 3; do assert_fails_with 'No such file or directory' larder_preload cat "$MOUNT/x"; done
assert_equal 1 "$(origin_requests)" requests
make_file "$ORIGIN_DIR/demo/x" 1000
appears() { larder_preload cat "$MOUNT/x" >/dev/null 2>&1; }
wait_until 5 appears
