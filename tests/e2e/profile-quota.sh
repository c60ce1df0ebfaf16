#!/bin/bash
# quota: the objects of a profile take no more of the cache than that, and those of others stay.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/eviction.sh"

make_file "$ORIGIN_DIR/other/x" 3000000
demo_config 'refresh = 1s' -- 'quota = 1M' '[profile other]' "remote = $ORIGIN/other" "path = $T/mnt/other"
read_object "$T/mnt/other/x" >/dev/null
reads 1 2 3 4
by_now '2 3 4 x'
