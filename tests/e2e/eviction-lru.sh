#!/bin/bash
# eviction = lru: what was used longest ago goes first. The access time says so, also one that was set while no agent ran, by that of another host.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/eviction.sh"

eviction_config
reads 1 2 3
stop_agent
touch -a "$CACHE"/data/*/1
reads 4
by_now '1 3 4'
