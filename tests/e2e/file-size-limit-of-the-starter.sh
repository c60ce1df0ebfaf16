#!/bin/bash
# A file size limit of the program that starts the agent is not the agent's.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/x" 1000000
start_nginx
demo_config
assert_equal "$(digest "$ORIGIN_DIR/demo/x")" "$(ulimit -S -f 100 && read_object "$MOUNT/x")"
assert_cached x
