#!/bin/bash
# On a file system that is mounted with noatime, the order of use is known too: the agent sets the access times.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/eviction.sh"

requires_unshare -rm
if [ -z "${INSIDE:-}" ]; then
	INSIDE=1 unshare -rm bash "$LIB/../e2e/$TEST.sh"
	exit
fi
mkdir -p "$CACHE"
mount -t tmpfs -o noatime,mode=0700 none "$CACHE"
eviction_config -- 'immutable = true'
reads 1 2 3
stop_agent
rm -f "$XDG_RUNTIME_DIR"/larder/*/validity
"$LARDER" ls --cached >/dev/null
last_used() { find "$CACHE/data" -type f -printf '%A@ %f\n' | sort -n | tail -n 1 | grep -q ' 1$'; }
reads 1
wait_until 30 last_used
stop_agent
# Nothing but the files knows.
rm "$CACHE"/usage/*.log
reads 4
by_now '1 3 4'
stop_agent
