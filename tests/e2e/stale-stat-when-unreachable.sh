#!/bin/bash
# What is served from the cache while the remote is away is shown by stat too, from the first question on.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/x" 1000
start_nginx
demo_config 'ttl = 1s'
read_object "$MOUNT/x" >/dev/null
sleep 1.2
stop_nginx
assert_equal 1000 "$(larder_preload stat -c %s "$MOUNT/x")"
