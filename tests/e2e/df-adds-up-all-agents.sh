#!/bin/bash
# larder df counts hits, misses and bytes for each profile, over restarts of the agent and with what other hosts have counted.
. "$(dirname "$0")/../lib/lib.sh"
requires jq

for i in 1 2; do make_file "$ORIGIN_DIR/demo/$i" 300000 "$i"; done
start_nginx
demo_config 'ttl = 0' # each open asks the agent
df_of() { "$LARDER" df --json | jq ".profiles[] | select(.name == \"demo\") | .$1"; }

for i in 1 2; do read_object "$MOUNT/$i" >/dev/null; done
assert_equal 2 "$(df_of misses)" 'misses'
# Before a fill has its name, the agent has it; that is a hit as well as what is unchanged afterwards.
read_object "$MOUNT/1" >/dev/null
stop_agent
read_object "$MOUNT/1" >/dev/null
filled=$(df_of filled_bytes) hits=$(df_of hits)
assert_equal 600000 "$filled" 'bytes that were downloaded'
assert_equal '2 600000' "$hits $(df_of saved_bytes)" 'hits, and bytes that were not downloaded again'

stop_agent
assert_equal "2 $filled" "$(df_of misses) $(df_of filled_bytes)" 'after a restart'
assert_equal "$hits" "$(df_of hits)" 'hits after a restart'

# Another host's agent, and one that wrote nonsense.
dir=$("$LARDER" df --json | jq -r '.profiles[0].dir')
printf 'larder counters 1\n%s misses=40 what=7\n%s misses=900' "$dir" "$dir" >"$CACHE/usage/far.0123456789abcdef.counters"
head -c 5000 /dev/urandom >"$CACHE/usage/odd.0123456789abcdef.counters"
mkfifo "$CACHE/usage/pipe.0123456789abcdef.counters"
assert_equal 42 "$(df_of misses)" 'misses of two hosts'

table=$("$LARDER" df)
assert_contains "$table" demo
assert_contains "$table" "free of"
awk 'length > 80 { exit 1 }' <<<"${table%%$'\n\n'*}" || fail "wider than a terminal: $table"
