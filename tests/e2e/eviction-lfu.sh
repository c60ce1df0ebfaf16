#!/bin/bash
# eviction = lfu: what was used least often goes first, however late; the counts survive restarts.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/eviction.sh"

eviction_config 'eviction = lfu' -- 'immutable = true'
reads 1 2 3
# A use is told once a minute, which the table of the runtime folder remembers.
again() {
	stop_agent
	rm -f "$XDG_RUNTIME_DIR"/larder/*/validity
	"$LARDER" ls --cached >/dev/null
	reads "$@"
}
again 1
again 1
again 1 2 3
reads 4
by_now '1 3 4'
