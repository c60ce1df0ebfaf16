#!/bin/bash
# larder warm fetches objects and whole folders before they are needed.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/dir/x" 100000 1
make_file "$ORIGIN_DIR/demo/dir/sub/y" 100000 2
make_file "$ORIGIN_DIR/demo/z" 100000 3
write_manifest "$ORIGIN_DIR/demo"
start_nginx
demo_config -- 'manifest = manifest.tsv'
"$LARDER" warm "$MOUNT/dir" "$ORIGIN/demo/z"
forget_requests
for key in dir/x dir/sub/y z; do
	assert_equal "$(digest "$ORIGIN_DIR/demo/$key")" "$(read_object "$MOUNT/$key")"
done
assert_equal 0 "$(origin_requests)" 'requests after warm'
"$LARDER" warm "$MOUNT/no-such" 2>said && fail 'warm of a missing key succeeds'
assert_contains "$(cat said)" no-such
