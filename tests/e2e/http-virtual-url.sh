#!/bin/bash
# A URL below the remote of a profile is a path, also as pathlib and java.io.File write it, and beside a file of that name.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/x" 100000
start_nginx
demo_config
wanted=$(digest "$ORIGIN_DIR/demo/x")
assert_equal "$wanted" "$(read_object "$ORIGIN/demo/x")"
assert_equal "$wanted" "$(read_object "${ORIGIN/:\/\//:/}/demo/x")" 'with one slash'
assert_equal "$wanted" "$(read_object "$T/${ORIGIN/:\/\//:/}/demo/x")" 'made absolute'
assert_fails_with 'No such file or directory' larder_preload cat "$ORIGIN/other/x"
