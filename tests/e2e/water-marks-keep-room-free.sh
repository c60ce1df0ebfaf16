#!/bin/bash
# Above the high mark the oldest go in the background, down to the low mark, though nothing is over the limit.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/eviction.sh"

demo_config 'size = 2M' 'min_free = 0' 'high_water = 50' 'low_water = 20'
reads 1 2 3 # 44 %
assert_equal '1 2 3' "$(cached)" 'below the high mark'
reads 4
by_now 4
