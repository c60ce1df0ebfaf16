#!/bin/bash
# After the ttl an unchanged object costs one request and no bytes.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/x" 100000
start_nginx
demo_config 'ttl = 1s'
read_object "$MOUNT/x" >/dev/null
forget_requests
sleep 1.2
assert_equal "$(digest "$ORIGIN_DIR/demo/x")" "$(read_object "$MOUNT/x")"
assert_equal 1 "$(origin_requests)" requests
assert_equal 0 "$(origin_bytes)" bytes
