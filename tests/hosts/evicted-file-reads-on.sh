#!/bin/bash
# A program that has an object open and mapped reads on to its end after another host has evicted it.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/hosts.sh"

make_file "$ORIGIN_DIR/demo/x" 900000 1
for i in 1 2 3 4; do make_file "$ORIGIN_DIR/demo/other$i" 900000 "$i$i"; done
start_nginx
start_hosts 2
demo_config 'size = 2M'
old=$(digest "$ORIGIN_DIR/demo/x")
assert_equal "$old" "$(host_reads 1 "$MOUNT/x")" 'the first host'
stop_host_agent 1 # so that it is published
hold 2 "$MOUNT/x"
for i in 1 2 3 4; do assert_equal "$(digest "$ORIGIN_DIR/demo/other$i")" "$(host_reads 1 "$MOUNT/other$i")" "object $i"; done
stop_host_agent 1
assert_equal '' "$(on 1 find "$CACHE/data" -path '*/x')" 'x in the cache'
assert_held "$old"
