#!/bin/bash
# larder top shows who waits for an object that is on its way from the shared cache to the local tier.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/liars.sh"

make_file "$ORIGIN_DIR/demo/1" 600000
start_nginx
demo_config
assert_equal "$(digest "$ORIGIN_DIR/demo/1")" "$(read_object "$MOUNT/1")"
stop_agent
demo_config '[local]' "location = $T/near/cache" -- 'mode = copy'
start_agent_on slow here slow=2000
by slow read_object "$MOUNT/1" >copied &
reader=$!
is_shown() { by slow "$LARDER" top --once | grep -qE ' copying .*/demo/1'; }
wait_until 30 is_shown
wait "$reader"
assert_equal "$(digest "$ORIGIN_DIR/demo/1")" "$(cat copied)"
end_agent slow
cmp "$T"/near/cache/data/*/1 "$ORIGIN_DIR/demo/1"
