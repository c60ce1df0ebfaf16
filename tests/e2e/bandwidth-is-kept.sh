#!/bin/bash
# Downloads keep to the bandwidth of the agent and to that of their profile, and what waits for that is no stall.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/ten" 10000000
make_file "$ORIGIN_DIR/demo/small" 200000
start_nginx
# Less than min_rate: only a pause of our own can be so slow without being taken for a stall.
write_config <<-END
	bandwidth = 5M
	stall_timeout = 1s
	min_rate = 1M
	[profile fast]
	remote = $ORIGIN/demo
	path = $MOUNT/fast
	[profile slow]
	remote = $ORIGIN/demo
	path = $MOUNT/slow
	bandwidth = 100K
END

# milliseconds FILE
milliseconds() {
	local begun=${EPOCHREALTIME/./}
	larder_preload cmp "$ORIGIN_DIR/demo/$(basename "$1")" "$1" || return
	echo $(((${EPOCHREALTIME/./} - begun) / 1000))
}

milliseconds "$MOUNT/slow/small" >"$T/slow" &
fast=$(milliseconds "$MOUNT/fast/ten")
wait $! || fail 'the slow one failed'
assert_at_least 1750 "$fast" '10 MB at 5M, in ms'
assert_at_least 1700 "$(cat "$T/slow")" '200 KB at 100K, in ms'
