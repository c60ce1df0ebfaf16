#!/bin/bash
# Servers whose pages are not what they should be, in a listing that is split: names twice, in no order, pages without names and
# pages that break off make a listing that is right all the same; tokens that lead nowhere, and what is no page, are EIO, soon.
# timeout: 120
. "$(dirname "$0")/../lib/lib.sh"
requires_lua

count=20000
right='twice backwards empty broken' wrong='again cycle tokenless short'
python3 "$LIB/names.py" $count >"$T/rows"
for kind in $right $wrong; do
	locations+=("location /$kind/ { content_by_lua_block { require('names').list{ rows = '$T/rows', size = 256, wrong = '$kind' } } }")
done
start_nginx "${locations[@]}"
{
	printf 'listing_max = 45000\nretries = 5\n'
	for kind in $right $wrong; do
		printf '[profile %s]\nremote = s3://%s\npath = %s\nendpoint = %s\nanonymous = true\n' \
			"$kind" "$kind" "$MOUNT/$kind" "$ORIGIN"
	done
} | write_config
seq 0 $((count - 1)) | awk '{ printf "img-%07d%s\n", $1, $1 % 50 == 49 ? "/" : ".jpg" }' >"$T/expected"

for kind in $right; do
	# shellcheck disable=SC2012 # names are plain
	larder_preload ls -p --color=never "$MOUNT/$kind/d" | cmp - "$T/expected" || fail "$kind: other names"
done
for kind in $wrong; do
	! larder_preload ls "$MOUNT/$kind/d" >"$T/out" 2>"$T/err" || fail "$kind: was listed"
	grep -q 'Input/output error' "$T/err" || fail "$kind: $(cat "$T/err")"
	assert_equal 0 "$(wc -c <"$T/out")" "$kind: bytes listed"
	[ "$(origin_requests "/$kind/")" -le 200 ] || fail "$kind: $(origin_requests "/$kind/") requests"
done
