#!/bin/bash
# ESTALE and EPERM now and then, as shared file systems have them, are tried again: the right bytes are read, and all of it is kept.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/liars.sh"

make_objects 12 20000
start_nginx
demo_config
start_agent_on one here network ESTALE=7 EPERM=11
start_agent_on two there network ESTALE=5 EPERM=13
all_read 12 one two
for name in one two; do end_agent $name; done
assert_equal "$(seq 0 11 | LC_ALL=C sort)" "$(cached_objects)" 'the cache'
