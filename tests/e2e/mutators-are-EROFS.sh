#!/bin/bash
# Whatever would change a virtual path fails with EROFS, and nothing appears on the real disk.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/dir/x" 1000
write_manifest "$ORIGIN_DIR/demo"
start_nginx
demo_config -- 'manifest = manifest.tsv'
: >real
refused() { assert_fails_with 'Read-only file system' larder_preload "$@"; }
refused mkdir "$MOUNT/new"
refused mkdir "$MOUNT/dir/new"
refused rm -f "$MOUNT/dir/x"
refused rm -rf "$MOUNT/dir"
refused mv "$MOUNT/dir/x" "$MOUNT/dir/y"
refused cp real "$MOUNT/dir/new"
refused touch "$MOUNT/dir/new"
refused touch "$MOUNT/dir/x"
refused chmod 600 "$MOUNT/dir/x"
refused ln -s real "$MOUNT/dir/link"
refused truncate -s 0 "$MOUNT/dir/x"
refused bash -c "echo >$MOUNT/dir/new"
refused bash -c "echo >>$MOUNT/dir/x"
[ ! -e "$T/mnt" ] || fail "on the disk: $(find "$T/mnt")"
assert_same_file "$ORIGIN_DIR/demo/dir/x" <(larder_preload cat "$MOUNT/dir/x")
