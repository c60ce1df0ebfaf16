#!/bin/bash
# A rename or a hard link between a virtual path and the real disk says EXDEV, so that mv copies.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/x" 1000
start_nginx
demo_config
: >real
assert_fails_with 'Invalid cross-device link' larder_preload perl -e 'rename($ARGV[0], $ARGV[1]) or die "$!\n"' real "$MOUNT/y"
assert_fails_with 'Invalid cross-device link' larder_preload perl -e 'link($ARGV[0], $ARGV[1]) or die "$!\n"' "$MOUNT/x" y
larder_preload cp "$MOUNT/x" copy
assert_same_file "$ORIGIN_DIR/demo/x" copy
