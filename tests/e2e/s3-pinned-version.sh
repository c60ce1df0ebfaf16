#!/bin/bash
# s3://bucket/key?versionId=V is that version, also after a newer one and a deletion; a version that does not exist is ENOENT, and is told of.
. "$(dirname "$0")/../lib/lib.sh"

versions() { python3 "$LIB/s3.py" versions "$BUCKET" dir/x; }

start_swift
s3_config
printf 'old' >old && make_file new 3000001
versions >/dev/null
s3_put "$BUCKET" dir/x old
s3_put "$BUCKET" dir/x new
mapfile -t ids < <(versions)
assert_equal 2 ${#ids[@]} 'versions'
old="s3://$BUCKET/dir/x?versionId=${ids[1]}" new="s3://$BUCKET/dir/x?versionId=${ids[0]}"

assert_equal "$(digest old)" "$(read_object "$old")" 'the older one'
assert_equal "$(digest new)" "$(read_object "$new")" 'the latest one, pinned'
assert_equal "$(digest new)" "$(read_object "$MOUNT/dir/x")" 'the latest one'
assert_equal '3 3000001' "$(larder_preload stat -c %s "$old" "$new" | paste -sd ' ')" 'sizes'
assert_equal "$old" "$(larder_preload ls "$old")" 'ls'
assert_equal 3 "$("$LARDER" stat "larder://demo/dir/x?versionId=${ids[1]}" | awk '$1 == "size" { print $2 }')" 'larder stat'

s3_rm "$BUCKET" dir/x
assert_equal "$(digest old)" "$(read_object "$old")" 'the older one, of a deleted object'
none="s3://$BUCKET/dir/x?versionId=1000000000.00001"
assert_fails_with 'No such file' larder_preload cat "$none"
grep -F "$none" "$XDG_RUNTIME_DIR"/larder/*/agent.log | grep -qF 'no such version' || fail 'the log does not tell of the version that is none'
assert_contains "$("$LARDER" run -- stat "${none/1000/2000}" 2>&1 || true)" 'no such version'
