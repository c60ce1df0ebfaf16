#!/bin/bash
# A URL below the remote of a profile is a path; another one is not.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/x" 100000
start_nginx
demo_config
assert_equal "$(digest "$ORIGIN_DIR/demo/x")" "$(read_object "$ORIGIN/demo/x")"
assert_fails_with 'No such file or directory' larder_preload cat "$ORIGIN/other/x"
assert_equal 0 "$(origin_requests /other)" requests
