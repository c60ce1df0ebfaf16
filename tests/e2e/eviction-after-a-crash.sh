#!/bin/bash
# An agent that was killed, a line that it had half written and a damaged journal: the next one evicts in the right order, and finds what no
# journal says.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/eviction.sh"

eviction_config
reads 1 2
wait_until 30 grep -q '/2$' "$CACHE"/usage/*.log
agent_pids | xargs kill -9
wait_until 10 no_agent
printf '12345678 + 40' >>"$(echo "$CACHE"/usage/*.log)"
reads 3 4
by_now '2 3 4'
stop_agent
# The names of all but the last are lost.
log=$(echo "$CACHE"/usage/*.log)
sed -i '/\/4$/!s/demo/dome/' "$log"
touch -a -d '1 hour ago' "$CACHE"/data/*/3
reads 5
by_now '2 4 5'
