#!/bin/bash
# Where a local disk has no locks, two agents of one host still make one download.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/liars.sh"

make_objects 4
start_nginx 'limit_rate 200k;'
demo_config 'object_connections = 1'
for name in one two; do start_agent_on $name here locks=none; done
all_read 4 one two
assert_downloads 4 1
