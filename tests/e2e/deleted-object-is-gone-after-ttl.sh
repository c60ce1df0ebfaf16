#!/bin/bash
# After the ttl an object that the remote no longer has is ENOENT, although the cache had it.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/x" 100000
start_nginx
demo_config 'ttl = 1s'
read_object "$MOUNT/x" >/dev/null
rm "$ORIGIN_DIR/demo/x"
sleep 1.2
assert_fails_with 'No such file or directory' larder_preload cat "$MOUNT/x"
