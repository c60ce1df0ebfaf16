#!/bin/bash
# A host that is cut off the network in the middle of a fill delays others by at most ten seconds. When it comes back, after its locks were lost,
# nobody is given a wrong byte: neither its own reader, nor others, nor who comes later.
# timeout: 240
. "$(dirname "$0")/../../lib/lib.sh"
. "$LIB/hosts.sh"

AWAY=25 # seconds; more than twice the server's lease
make_file "$ORIGIN_DIR/demo/slow" 1000000 1
make_file "$ORIGIN_DIR/demo/other" 1000000 2
wanted=$(digest "$ORIGIN_DIR/demo/slow")
start_stalling_origin
start_hosts 2
demo_config 'stall_timeout = 40s' 'retries = 5'
begin_fill 1 "$MOUNT/slow"
lose_host 1
cut=$SECONDS
assert_served_soon 2 "$MOUNT/slow" "$wanted"
while [ $((SECONDS - cut)) -lt $AWAY ]; do sleep 0.2; done
find_host 1
if wait "$FILLER"; then assert_equal "$wanted" "$(cat filler.out)" 'what the host that was away reads'; fi
for host in 1 2; do assert_equal "$wanted" "$(host_reads $host "$MOUNT/slow")" "what host $host reads afterwards"; done
stop_host_agent 1
stop_host_agent 2
copies=$(on 2 find "$CACHE/data" -type f -name slow -size 1000000c)
assert_equal 1 "$(wc -l <<<"$copies")" 'whole copies in the cache'
assert_equal "$wanted" "$(on 2 sha256sum "$copies" | cut -d' ' -f1)" 'what is in the cache'
