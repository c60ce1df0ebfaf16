#!/bin/bash
# A program that has an object open and mapped reads its old bytes to the end after another host has replaced it in the cache.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/hosts.sh"

make_file "$ORIGIN_DIR/demo/x" 900000 1
old=$(digest "$ORIGIN_DIR/demo/x")
start_nginx
start_hosts 2
demo_config 'ttl = 1s'
assert_equal "$old" "$(host_reads 1 "$MOUNT/x")" 'the first host'
stop_host_agent 1 # so that it is published
hold 2 "$MOUNT/x"
make_file "$ORIGIN_DIR/demo/x" 800000 2
sleep 1.2
assert_equal "$(digest "$ORIGIN_DIR/demo/x")" "$(host_reads 1 "$MOUNT/x")" 'a new reader'
stop_host_agent 1
assert_held "$old"
