#!/bin/bash
# larder ls lists a folder, larder stat shows an object, by path and by URL.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/dir/x" 12345
write_manifest "$ORIGIN_DIR/demo"
start_nginx
demo_config -- 'manifest = manifest.tsv'
assert_contains "$("$LARDER" ls "$MOUNT")" dir
assert_contains "$("$LARDER" ls "$ORIGIN/demo/dir")" x
assert_contains "$("$LARDER" stat "$MOUNT/dir/x")" 12345
assert_fails_with 'no-such' "$LARDER" stat "$MOUNT/no-such"
assert_fails_with 'no-such' "$LARDER" ls "$MOUNT/no-such"

# Of a cached object also what the cache knows.
read_object "$MOUNT/dir/x" >/dev/null
stop_agent
said=$("$LARDER" stat "$MOUNT/dir/x")
for title in 'cached     yes' "cache file $CACHE/data/demo~" 'KiB)' 'last use   20' 'validated  20' 'etag       "' 'pinned     no'; do
	assert_contains "$said" "$title"
done
