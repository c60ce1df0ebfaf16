#!/bin/bash
# What a lost lock or a full server lost shows at fsync alone: nothing of it is published, and its reader gets the right bytes.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/liars.sh"

make_objects 2
start_nginx
demo_config
start_agent_on one here network fsync=EIO
all_read 2 one
end_agent one
assert_equal '' "$(cached_objects)" 'the cache'
assert_contains "$(cat one.log)" 'served without being kept'
assert_equal '' "$(find "$CACHE/tmp" -type f ! -name '.*')" 'tmp/'
