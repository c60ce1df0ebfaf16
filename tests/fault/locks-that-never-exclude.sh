#!/bin/bash
# Where the locks of the file system are granted to everybody, or not to be had at all, each host makes one download, however many agents it
# has, and everybody reads the right bytes.
# timeout: 120
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/liars.sh"

make_objects 6
start_nginx 'limit_rate 200k;'
demo_config 'object_connections = 1'
for lie in locks=granted locks=none; do
	for name in one two; do start_agent_on $lie.$name here network $lie; done
	start_agent_on $lie.far there network $lie
	all_read 6 $lie.one $lie.two $lie.far
	assert_downloads 6 2
	assert_at_least 7 "$(origin_requests '^GET /demo/. 20')" "downloads with $lie: it does not lie"
	for name in one two far; do end_agent $lie.$name; done
	assert_equal "$(seq 0 5)" "$(cached_objects)" 'the cache'
	rm -rf "$CACHE/data"
	forget_requests
done
