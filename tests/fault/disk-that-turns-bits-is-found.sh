#!/bin/bash
# A bit that the cache's disk turns over is found before anybody gets it with verify = full, and by `larder verify` in any case.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/liars.sh"

make_objects 2
start_nginx
{
	echo 'retries = 2'
	for verify in store full; do printf '%s\n' "[profile $verify]" "remote = $ORIGIN/demo" "path = $T/mnt/$verify" "verify = $verify"; done
} | write_config
start_agent_on one here rot
assert_fails_with 'Input/output error' by one env LD_PRELOAD="$SHIM" cat "$T/mnt/full/0"
assert_contains "$(cat one.log)" 'what was read back from the cache'
[ "$(digest "$ORIGIN_DIR/demo/1")" != "$(read_by one "$T/mnt/store/1")" ] || fail 'nothing was turned'
end_agent one
assert_equal 1 "$(cached_objects)" 'the cache'
! "$LARDER" verify >said || fail 'larder verify finds nothing'
assert_contains "$(cat said)" "$ORIGIN/demo/1: its bytes are not those that came"
