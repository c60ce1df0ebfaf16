#!/bin/bash
# With mode = copy, a local tier whose disk is full, or that cannot be written, is no error: what it does not take is served from the
# shared cache.
. "$(dirname "$0")/../lib/own-mounts.sh"
. "$(dirname "$0")/../lib/lib.sh"

LOCAL=$T/local
mkdir "$LOCAL"
mount -t tmpfs -o size=1M none "$LOCAL"
for i in {1..6}; do make_file "$ORIGIN_DIR/demo/$i" 400000 "$i"; done
start_nginx
demo_config '[local]' "location = $LOCAL" -- 'mode = copy'
for i in {1..6} 1; do assert_equal "$(digest "$ORIGIN_DIR/demo/$i")" "$(read_object "$MOUNT/$i")" "object $i"; done
stop_agent
assert_equal $'1\n2\n3\n4\n5\n6' "$(cached_objects)" 'the shared cache'
[ -n "$(find "$LOCAL/data" -type f)" ] || fail 'nothing is in the local tier'
umount "$LOCAL"

rmdir "$LOCAL"
: >"$LOCAL"
forget_requests
for i in {1..6}; do assert_equal "$(digest "$ORIGIN_DIR/demo/$i")" "$(read_object "$MOUNT/$i")" "object $i"; done
assert_contains_not "$(cat "$ORIGIN_LOG")" ' 206 '
stop_agent
