#!/bin/bash
# Where the disk has a folder at the prefix, links to it list and enter the virtual one, and nothing is written to the other.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/dir/x" 1000
write_manifest "$ORIGIN_DIR/demo"
start_nginx
demo_config -- 'manifest = manifest.tsv'
mkdir -p "$MOUNT"
ln -s "$MOUNT" link
mkdir elsewhere
ln -s ../link elsewhere/far
ln -s "$MOUNT/new" dangling
assert_equal dir "$(larder_preload ls link/)"
assert_equal dir "$(larder_preload ls elsewhere/far/)"
assert_equal "$MOUNT" "$(larder_preload bash -c 'cd link && pwd -P')"
assert_equal 1000 "$(larder_preload bash -c 'cd elsewhere/far && wc -c <dir/x')"
assert_equal 'symbolic link' "$(larder_preload stat -c %F link)"
refused() { assert_fails_with 'Read-only file system' larder_preload "$@"; }
refused touch link/new
refused mkdir link/new
refused ln -s x elsewhere/far/new
refused bash -c 'echo >link/new'
refused bash -c 'echo >dangling'
refused mv larder.ini link/new
refused mktemp link/XXXXXX
larder_preload mkdir elsewhere/new
larder_preload rm dangling elsewhere/far
assert_equal '' "$(find "$MOUNT" -mindepth 1)" 'on the disk'
