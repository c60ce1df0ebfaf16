#!/bin/bash
# Whatever changes a virtual path through a symbolic link of the disk is refused; the link itself can be renamed and removed.
. "$(dirname "$0")/../lib/lib.sh"

ORIGIN=file://$ORIGIN_DIR
make_file "$ORIGIN_DIR/demo/dir/x" 1000
demo_config
ln -s "$MOUNT/dir" dir
ln -s dir/x file
mkdir real
refused() { assert_fails_with 'Read-only file system' larder_preload "$@"; }
refused mkdir dir/new
refused rm -f dir/x
refused mkfifo dir/new
refused ln -s x dir/new
refused chmod 600 file
refused chown 0 file
refused touch file
refused truncate -s 0 dir/x
refused perl -e 'rename("dir/x", "dir/y") or die "$!\n"'
assert_fails_with 'Invalid cross-device link' larder_preload perl -e 'rename("real", "dir/y") or die "$!\n"'
assert_fails_with 'Invalid cross-device link' larder_preload perl -e 'rename("dir/x", "real/y") or die "$!\n"'
assert_fails_with 'Invalid cross-device link' larder_preload perl -e 'link("dir/x", "real/y") or die "$!\n"'
refused perl -e 'link("larder.ini", "dir/y") or die "$!\n"'
larder_preload mv file real/file
larder_preload rm dir
assert_equal file "$(ls -A real)" 'in the real folder'
[ ! -e "$T/mnt" ] || fail "on the disk: $(find "$T/mnt")"
