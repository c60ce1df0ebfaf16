#!/bin/bash
# If a whole host is lost in the middle of a fill, with its mount of the shared file system, another one that wants the same object is served
# within ten seconds.
# timeout: 120
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/hosts.sh"

make_file "$ORIGIN_DIR/demo/slow" 1000000 1
make_file "$ORIGIN_DIR/demo/other" 1000000 2
start_stalling_origin
start_hosts 2
demo_config
begin_fill 1 "$MOUNT/slow"
lose_host 1
assert_served_soon 2 "$MOUNT/slow" "$(digest "$ORIGIN_DIR/demo/slow")"
