#!/bin/bash
# A program that has an object open and mapped reads on to its end after another host has evicted it.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/hosts.sh"

make_file "$ORIGIN_DIR/demo/x" 900000 1
start_nginx
start_hosts 2
demo_config
old=$(digest "$ORIGIN_DIR/demo/x")
assert_equal "$old" "$(host_reads 1 "$MOUNT/x")" 'the first host'
stop_host_agent 1 # so that it is published
hold 2 "$MOUNT/x"
stop_host_agent 2 # likewise, where it had to download it again
on 1 "$LARDER" evict "$MOUNT/x" >evicted
is_evicted() { [ -z "$(on 1 find "$CACHE/data" -name x)" ]; }
wait_until 30 is_evicted
assert_held "$old"
