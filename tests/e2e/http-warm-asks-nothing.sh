#!/bin/bash
# While an object is fresh, reading it again sends no request.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/x" 100000
start_nginx
demo_config
read_object "$MOUNT/x" >/dev/null
forget_requests
for _ in 1 2 3; do read_object "$MOUNT/x" >/dev/null; done
assert_equal 0 "$(origin_requests)" requests
