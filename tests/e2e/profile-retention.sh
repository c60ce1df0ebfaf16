#!/bin/bash
# retention: what was not used for that long goes, although there is room. What no journal knows is found on the disk.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/eviction.sh"

demo_config 'refresh = 1s' -- 'retention = 1h'
reads 1 2 3
stop_agent
touch -a -d '2 hours ago' "$CACHE"/data/*/[12]
rm "$CACHE"/usage/*.log
reads 4
by_now '3 4'
# A journal says that it was used long ago, the file that it was not.
stop_agent
touch -a -d '2 hours ago' "$CACHE"/data/*/[34]
rm "$CACHE"/usage/*.log
sed -i 's/^retention.*/retention = 3h/' "$LARDER_CONFIG"
reads 5
stop_agent
touch -a "$CACHE"/data/*/3
sed -i 's/^retention.*/retention = 1h/' "$LARDER_CONFIG"
reads 5
by_now '3 5'
