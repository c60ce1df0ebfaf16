#!/bin/bash
# Where a listing is present, a name that is not in it is known to be absent.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/dir/x" 1000
write_manifest "$ORIGIN_DIR/demo"
start_nginx
demo_config -- 'manifest = manifest.tsv'
larder_preload ls "$MOUNT/dir" >/dev/null
forget_requests
assert_fails_with 'No such file or directory' larder_preload cat "$MOUNT/dir/y"
assert_fails_with 'No such file or directory' larder_preload ls "$MOUNT/other"
assert_equal 0 "$(origin_requests)" requests
