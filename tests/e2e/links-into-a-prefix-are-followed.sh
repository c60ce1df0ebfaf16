#!/bin/bash
# Symbolic links of the real file system that lead into a prefix, or to a virtual URL, are followed.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/dir/x" 1000
write_manifest "$ORIGIN_DIR/demo"
start_nginx
demo_config -- 'manifest = manifest.tsv'
ln -s "$MOUNT" whole
ln -s whole/dir part
mkdir sub
ln -s ../part/x sub/deep
ln -s ../mnt/data sub/relative
ln -s nowhere dangling
ln -s loop loop
size() { larder_preload stat -L -c %s "$1"; }
for path in whole/dir/x part/x sub/deep sub/relative/dir/x ./part/x "$T/part//x" sub/../part/x sub/relative/../../whole/dir/x; do
	assert_equal 1000 "$(size "$path")" "size of $path"
	assert_same_file "$ORIGIN_DIR/demo/dir/x" <(larder_preload cat "$path")
done
assert_equal x "$(larder_preload ls part/)"
assert_equal "$MOUNT/dir/x" "$(larder_preload realpath sub/deep)"
assert_equal "$MOUNT/dir" "$(larder_preload bash -c 'cd part && pwd -P')"
assert_equal "$T/larder.ini" "$(larder_preload realpath sub/relative/../../larder.ini)"
assert_equal "$MOUNT" "$(larder_preload readlink whole)"
assert_equal 'symbolic link' "$(larder_preload stat -c %F whole)"
assert_equal x "$(larder_preload find -L sub/relative/dir -type f -printf %f)"
larder_preload cp -rL sub copy
assert_same_file "$ORIGIN_DIR/demo/dir/x" copy/deep
assert_fails_with 'No such file or directory' larder_preload cat dangling
assert_fails_with 'No such file or directory' larder_preload cat whole/none
assert_fails_with 'Not a directory' larder_preload cat part/x/y
assert_fails_with 'Too many levels of symbolic links' larder_preload cat loop
assert_fails_with 'Read-only file system' larder_preload touch part/new
assert_fails_with 'Read-only file system' larder_preload dd if=/dev/null of=part/x
larder_preload python3 -c '
import os
d = os.open("sub", os.O_RDONLY)
assert os.stat("deep", dir_fd=d).st_size == 1000
assert os.access("part/x", os.R_OK) and not os.access("part/x", os.W_OK)
try:
    os.open("part", os.O_RDONLY | os.O_NOFOLLOW)
    raise SystemExit("followed")
except OSError as e:
    assert e.errno == 40, e
'
