#!/bin/bash
# priority: objects of a profile with a lower one go first, however late they were used.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/eviction.sh"

make_file "$ORIGIN_DIR/other/x" 300000 77
eviction_config -- 'priority = 60' '[profile other]' "remote = $ORIGIN/other" "path = $T/mnt/other"
reads 1 2
read_object "$T/mnt/other/x" >/dev/null
wait_until 30 is_settled
reads 3
by_now '1 2 3'
