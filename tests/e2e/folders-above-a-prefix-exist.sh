#!/bin/bash
# Folders above a prefix that the disk does not have are read-only folders that lead on to it.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/x" 1000
write_manifest "$ORIGIN_DIR/demo"
start_nginx
MOUNT=$T/deep/sets/data
demo_config -- 'manifest = manifest.tsv'
refused() { assert_fails_with 'Read-only file system' larder_preload "$@"; }
assert_equal 'directory 555' "$(larder_preload stat -c '%F %a' "$T/deep")"
assert_equal "$T/deep
$T/deep/sets
$T/deep/sets/data
$T/deep/sets/data/x" "$(larder_preload find "$T/deep")"
assert_equal "$(larder_preload stat -c %i "$T/deep/sets/data")" "$(larder_preload ls -i "$T/deep/sets" | cut -d ' ' -f 1)" 'inode number'
assert_contains "$(larder_preload ls "$T")" deep
assert_equal "$T/deep/sets" "$(larder_preload bash -c "cd '$T' && cd deep && cd sets/data && cd .. && pwd -P")"
assert_equal 1000 "$(larder_preload bash -c "cd '$T/deep' && wc -c <sets/data/x")"
assert_equal "$T/deep/../larder.ini" "$(larder_preload ls "$T/deep/../larder.ini")"
assert_equal "$T/larder.ini" "$(larder_preload realpath "$T/deep/sets/../../larder.ini")"
assert_fails_with 'No such file or directory' larder_preload cat "$T/deep/other"
refused mkdir "$T/deep/new"
refused touch "$T/deep/sets/new"
refused mkdir -p "$T/deep/sets/new/er"
refused rmdir "$T/deep/sets"
[ ! -e "$T/deep" ] || fail 'something was made on the disk'
