#!/bin/bash
# A lock that another host holds may be refused as EACCES: it is waited for all the same, and two hosts make one download.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/liars.sh"

make_objects 4
start_nginx 'limit_rate 200k;'
demo_config 'object_connections = 1'
start_agent_on one here network locks=EACCES
start_agent_on two there network locks=EACCES
all_read 4 one two
assert_downloads 4 1
