#!/bin/bash
# After the ttl a changed object is read as it is now, of another length too.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/x" 100000 1
start_nginx
demo_config 'ttl = 1s'
read_object "$MOUNT/x" >/dev/null
make_file "$ORIGIN_DIR/demo/x" 50000 2
sleep 1.2
assert_equal "$(digest "$ORIGIN_DIR/demo/x")" "$(read_object "$MOUNT/x")"
assert_equal 50000 "$(larder_preload stat -c %s "$MOUNT/x")" size
