#!/bin/bash
# grep -r, perl and tar read a whole tree.
. "$(dirname "$0")/../lib/lib.sh"

mkdir -p "$ORIGIN_DIR/demo/a/b"
for i in {1..30}; do echo "line $i" >"$ORIGIN_DIR/demo/a/b/$i"; done
write_manifest "$ORIGIN_DIR/demo"
start_nginx
demo_config -- 'manifest = manifest.tsv'
assert_equal "$MOUNT/a/b/17:line 17" "$(larder_preload grep -r 'line 17' "$MOUNT/a")" grep
assert_equal 'line 5' "$(larder_preload perl -ne 'print' "$MOUNT/a/b/5")" perl
assert_equal 30 "$(larder_preload perl -e 'opendir(D, $ARGV[0]) or die; print scalar grep { !/^\./ } readdir(D)' "$MOUNT/a/b")" readdir
mkdir out
larder_preload tar cf - -C "$MOUNT" a | tar xf - -C out
diff -r "$ORIGIN_DIR/demo/a" out/a || fail 'tar gives another tree'
