#!/bin/bash
# eviction = fifo: what was cached longest ago goes first, however often it is used; after a restart too.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/eviction.sh"

eviction_config 'eviction = fifo'
reads 1 2 3
stop_agent
touch -a "$CACHE"/data/*/1
reads 4
by_now '2 3 4'
