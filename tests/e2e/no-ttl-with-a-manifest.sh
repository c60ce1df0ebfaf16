#!/bin/bash
# With ttl = 0 every question looks at the manifest again, once.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/d/x" 1000
write_manifest "$ORIGIN_DIR/demo"
start_nginx
demo_config 'ttl = 0s' -- 'manifest = manifest.tsv'
assert_equal 1000 "$(larder_preload stat -c %s "$MOUNT/d/x")"
assert_equal "$(digest "$ORIGIN_DIR/demo/d/x")" "$(read_object "$MOUNT/d/x")"
