#!/bin/bash
# What is pinned, by its name or by that of a folder above it, is not evicted.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/eviction.sh"

eviction_config
reads 1 dir/2 3
"$LARDER" pin "$MOUNT/1" "$MOUNT/dir/" >/dev/null
reads 4
by_now '1 4 dir/2'
"$LARDER" unpin "$MOUNT/1" >/dev/null
reads 5
by_now '4 5 dir/2'
