#!/bin/bash
# With mode = copy, an object that is damaged in the shared cache is not brought: it is downloaded again, into both tiers.
. "$(dirname "$0")/../lib/lib.sh"

LOCAL=$T/local
make_file "$ORIGIN_DIR/demo/x" 300000 1
make_file "$ORIGIN_DIR/demo/y" 300000 2
start_nginx
demo_config '[local]' "location = $LOCAL" -- 'mode = copy' 'immutable = true'
for i in x y; do assert_equal "$(digest "$ORIGIN_DIR/demo/$i")" "$(read_object "$MOUNT/$i")"; done
stop_agent
rm -rf "$LOCAL/data"
shared=$(echo "$CACHE"/data/*/x)
chmod u+w "$shared"
printf wrong | dd of="$shared" bs=1 seek=150000 conv=notrunc status=none
chmod u-w "$shared"
truncate -s 299999 "$(echo "$CACHE"/data/*/y)" 2>/dev/null || { chmod u+w "$CACHE"/data/*/y && truncate -s 299999 "$CACHE"/data/*/y && chmod u-w "$CACHE"/data/*/y; }
for i in x y; do assert_equal "$(digest "$ORIGIN_DIR/demo/$i")" "$(read_object "$MOUNT/$i")"; done
stop_agent
for i in x y; do cmp "$CACHE"/data/*/$i "$ORIGIN_DIR/demo/$i" && cmp "$LOCAL"/data/*/$i "$ORIGIN_DIR/demo/$i"; done
