#!/bin/bash
# The agent's log is put aside when it has become large, also while the agent runs, and nothing of it is lost on the way.
. "$(dirname "$0")/../lib/lib.sh"

start_nginx 'location / { return 403; }'
head -c 4194300 /dev/zero | tr '\0' '\n' >log # one line more is too much
demo_config "log = $T/log"
for i in 1 2 3; do assert_fails_with 'Permission denied' larder_preload cat "$MOUNT/$i"; done
[ -f log.old ] || fail 'nothing was put aside'
assert_at_most 4096 "$(stat -c %s log)" 'bytes of the log'
for i in 1 2 3; do assert_equal 1 "$(cat log.old log | grep -c "/demo/$i: ")" "lines of $i"; done
