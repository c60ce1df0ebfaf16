#!/bin/bash
# A shell's glob, cd and relative paths work below the prefix; pwd says where one is.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/a/x1" 1000 1
make_file "$ORIGIN_DIR/demo/a/x2" 1000 2
make_file "$ORIGIN_DIR/demo/a/sub/y" 1000 3
write_manifest "$ORIGIN_DIR/demo"
start_nginx
demo_config -- 'manifest = manifest.tsv'
assert_equal "$MOUNT/a/x1 $MOUNT/a/x2" "$(larder_preload bash -c "echo $MOUNT/a/x*")" glob
assert_equal 'x1 x2' "$(larder_preload bash -c "cd $MOUNT/a && echo x*")" 'relative glob'
assert_equal "$MOUNT/a/sub" "$(larder_preload bash -c "cd $MOUNT/a && cd sub && /bin/pwd")" pwd
assert_equal "$MOUNT/a" "$(larder_preload bash -c "cd $MOUNT/a/sub && cd -P .. && /bin/pwd -P")" 'pwd of ..'
wanted=$(digest "$ORIGIN_DIR/demo/a/x2")
assert_equal "$wanted  ../x2" "$(larder_preload bash -c "cd $MOUNT/a/sub && sha256sum ../x2")" 'relative path'
assert_fails_with 'No such file or directory' larder_preload bash -c "cd $MOUNT/nowhere"
assert_fails_with 'Not a directory' larder_preload bash -c "cd $MOUNT/a/x1"
