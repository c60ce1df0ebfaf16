#!/bin/bash
# With mode = copy, a changed object is replaced in both tiers after its ttl, an unchanged one is not copied again, and one that has
# gone goes from both.
. "$(dirname "$0")/../lib/lib.sh"

LOCAL=$T/local
make_file "$ORIGIN_DIR/demo/a" 100000 1
make_file "$ORIGIN_DIR/demo/b" 100000 2
make_file "$ORIGIN_DIR/demo/c" 100000 3
start_nginx
demo_config 'ttl = 0s' '[local]' "location = $LOCAL" -- 'mode = copy'
for i in a b c; do assert_equal "$(digest "$ORIGIN_DIR/demo/$i")" "$(read_object "$MOUNT/$i")"; done
is_local() { [ -e "$(echo "$LOCAL"/data/*/"$1")" ]; }
for i in a b c; do wait_until 30 is_local $i; done
before=$(stat -c %i "$LOCAL"/data/*/b)
make_file "$ORIGIN_DIR/demo/a" 120000 4
rm "$ORIGIN_DIR/demo/c"
for i in a b; do assert_equal "$(digest "$ORIGIN_DIR/demo/$i")" "$(read_object "$MOUNT/$i")"; done
assert_fails_with 'No such file' larder_preload cat "$MOUNT/c"
stop_agent
assert_equal $'a\nb' "$(cached_objects)" 'the shared cache'
assert_equal "$before" "$(stat -c %i "$LOCAL"/data/*/b)" 'the unchanged file'
cmp "$LOCAL"/data/*/a "$ORIGIN_DIR/demo/a"
! is_local c || fail 'c is still in the local tier'
