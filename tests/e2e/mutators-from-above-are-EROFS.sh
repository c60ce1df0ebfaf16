#!/bin/bash
# By a relative path from a real folder above the prefix, mutators fail too, and nothing appears on the real disk.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/dir/x" 1000
write_manifest "$ORIGIN_DIR/demo"
start_nginx
demo_config -- 'manifest = manifest.tsv'
mkdir "$T/mnt"
cd "$T/mnt"
refused() { assert_fails_with 'Read-only file system' larder_preload "$@"; }
refused mkdir data/new
refused mkdir -p data/dir/new/deeper
refused touch data/dir/new
refused rm -f data/dir/x
refused rm -f ../mnt/data/dir/x
refused cp ../larder.ini data/dir/new
refused bash -c 'cd data/dir && echo >new'
assert_equal '' "$(find . -mindepth 1)" 'on the disk'
assert_same_file "$ORIGIN_DIR/demo/dir/x" <(larder_preload cat data/dir/x)
