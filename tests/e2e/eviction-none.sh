#!/bin/bash
# eviction = none: what is cached stays, and what does not fit is served without being kept.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/eviction.sh"

eviction_config 'eviction = none'
reads 1 2 3 4
stop_agent
assert_equal '1 2 3' "$(cached)" 'the cache'
