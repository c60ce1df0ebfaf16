#!/bin/bash
# A redirect to another address gives the object behind it.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/other/x" 100000
start_nginx 'location /demo/ { rewrite ^/demo/(.*)$ /other/$1 redirect; }'
demo_config
assert_equal "$(digest "$ORIGIN_DIR/other/x")" "$(read_object "$MOUNT/x")"
