#!/bin/bash
# eviction = lfu: what was used least often goes first, however late; the counts survive restarts.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/eviction.sh"

eviction_config 'eviction = lfu' -- 'immutable = true'
reads 1 2 3
# A use is told once a minute, which the table of the runtime folder remembers.
uses() { cat "$CACHE"/usage/*.log | grep -c " = .*/$1\$" || true; }
has_uses() { [ "$(uses "$1")" = "$2" ]; }
again() {
	local name n
	for name; do
		n=$(uses "$name")
		stop_agent
		rm -f "$XDG_RUNTIME_DIR"/larder/*/validity
		"$LARDER" ls --cached >/dev/null
		reads "$name"
		wait_until 30 has_uses "$name" $((n + 1))
	done
}
again 1
again 1
again 1 2 3
reads 4
by_now '1 3 4'
