#!/bin/bash
# larder run ends as its command ends: with its status, and by its signal.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/x" 1000
start_nginx
demo_config
"$LARDER" run -- cmp "$MOUNT/x" "$ORIGIN_DIR/demo/x" || fail 'cmp finds a difference'
status() { "$@" 2>/dev/null && echo 0 || echo $?; }
assert_equal 0 "$(status "$LARDER" run -- true)"
assert_equal 7 "$(status "$LARDER" run -- bash -c 'exit 7')"
assert_equal 127 "$(status "$LARDER" run -- no-such-command)"
assert_equal 126 "$(status "$LARDER" run -- "$T")"
assert_equal 143 "$(status "$LARDER" run -- bash -c 'kill -TERM $$')"
"$LARDER" run -- bash -c 'trap "exit 9" TERM; echo >started; while :; do sleep 0.05; done' &
pid=$!
wait_until 10 test -e started
kill -TERM $pid
status=0
wait $pid || status=$?
assert_equal 9 $status 'status after a signal that was passed on'
