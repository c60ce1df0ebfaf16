#!/bin/bash
# Relative paths from a real folder above the prefix reach into it.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/a/x" 1000
write_manifest "$ORIGIN_DIR/demo"
start_nginx
demo_config -- 'manifest = manifest.tsv'
mkdir -p "$T/mnt/beside"
wanted=$(digest "$ORIGIN_DIR/demo/a/x")
cd "$T/mnt"
assert_equal "$wanted  data/a/x" "$(larder_preload sha256sum data/a/x)"
assert_equal "$wanted  ./data/../data/a/x" "$(larder_preload sha256sum ./data/../data/a/x)"
cd beside
assert_equal "$wanted  ../data/a/x" "$(larder_preload sha256sum ../data/a/x)"
cd "$T"
assert_equal x "$(larder_preload ls mnt/data/a)"
