#!/bin/bash
# With mode = copy, an object comes from the shared cache to the local tier once, for many openers, as the same file; then an open is one
# of a plain local file: nobody is asked, and the shared cache is not touched.
. "$(dirname "$0")/../lib/lib.sh"

requires strace getfattr
LOCAL=$T/local
for i in {1..4}; do make_file "$ORIGIN_DIR/demo/$i" $((i * 700001)) "$i"; done
start_nginx
demo_config '[local]' "location = $LOCAL" -- 'mode = copy'

# Twelve openers of each, at once.
for n in {1..12}; do
	larder_preload sha256sum "$MOUNT"/{1..4} >"got.$n" &
	readers[n]=$!
done
wait "${readers[@]}"
for n in {1..12}; do
	assert_equal "$(sha256sum "$ORIGIN_DIR"/demo/{1..4} | cut -d' ' -f1)" "$(cut -d' ' -f1 "got.$n")" "reader $n"
done
assert_equal 4 "$(origin_requests '/demo/')" requests

are_local() { [ "$(find "$LOCAL/data" -type f | wc -l)" = 4 ]; }
wait_until 30 are_local
# Nothing but the table and the local file.
strace -f -E LD_PRELOAD="$SHIM" -o trace cat "$MOUNT/3" | cmp - "$ORIGIN_DIR/demo/3"
assert_contains "$(cat trace)" "$LOCAL/data/"
assert_contains_not "$(cat trace)" "$CACHE/"
assert_contains_not "$(cat trace)" connect

stop_agent
assert_equal $'1\n2\n3\n4' "$(cached_objects)" 'the shared cache'
for i in {1..4}; do
	shared=$(echo "$CACHE"/data/*/"$i") local=$(echo "$LOCAL"/data/*/"$i")
	cmp "$shared" "$local"
	assert_equal "$(stat -c '%a %Y %s' "$shared")" "$(stat -c '%a %Y %s' "$local")"
	assert_equal "$(getfattr -d "$shared" 2>/dev/null | grep '=')" "$(getfattr -d "$local" 2>/dev/null | grep '=')" attributes
done
assert_equal '' "$(find "$LOCAL/tmp" -type f ! -name '.*')" 'left in tmp/'

# A host that has none of it, and an agent that knows nothing of the objects, takes them from the shared cache.
rm -rf "$LOCAL" "$XDG_RUNTIME_DIR"/larder
forget_requests
for i in {1..4}; do assert_equal "$(digest "$ORIGIN_DIR/demo/$i")" "$(read_object "$MOUNT/$i")"; done
assert_contains_not "$(cat "$ORIGIN_LOG")" ' 206 '
stop_agent
cmp "$LOCAL"/data/*/4 "$ORIGIN_DIR/demo/4"
