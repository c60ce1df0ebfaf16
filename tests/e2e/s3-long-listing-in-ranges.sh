#!/bin/bash
# A folder of 50,000 names is listed over several connections at once, each name once; by a server that refuses so many too, and
# page after page by one that cannot begin in the middle.
. "$(dirname "$0")/../lib/lib.sh"
requires_lua

count=50000
python3 "$LIB/names.py" $count >"$T/rows"
names() { echo "location /$1/ { content_by_lua_block { require('names').list{ rows = '$T/rows', size = 256, $2 } } }"; }
start_nginx "$(names plain 'delay = 0.005')" "$(names busy 'busy = 2, delay = 0.002')" "$(names stubborn 'ignores_start = true')" \
	"location = /say { content_by_lua_block { require('names').say() } }"
for kind in plain busy stubborn; do
	printf '[profile %s]\nremote = s3://%s\npath = %s\nendpoint = %s\npath_style = true\nanonymous = true\n' \
		$kind $kind "$MOUNT/$kind" "$ORIGIN"
done | write_config

said() { curl -sS "$ORIGIN/say" | tr ' ' '\n' | sed -n "s/^$1=//p"; }
seq 0 $((count - 1)) | awk '{ printf "img-%07d%s\n", $1, $1 % 50 == 49 ? "/" : ".jpg" }' >"$T/expected"

for kind in plain busy stubborn; do
	requests=$(said requests)
	# shellcheck disable=SC2012 # names are plain
	larder_preload ls -p --color=never "$MOUNT/$kind/d" | cmp - "$T/expected" || fail "$kind: other names"
	requests=$(($(said requests) - requests))
	case $kind in
	plain)
		[ "$(said most)" -gt 4 ] || fail "only $(said most) requests at once"
		[ $requests -le 120 ] || fail "$requests requests for 50 pages"
		;;
	busy) [ "$(said refused)" -gt 0 ] || fail 'nothing was refused' ;;
	stubborn)
		[ $requests -lt 160 ] || fail "$requests requests for 50 pages of a server that cannot be split"
		grep -q 'cannot be split' "$(compgen -G "$T/run/larder/*/agent.log")" || fail 'the log does not say so'
		;;
	esac
done
# Once known, such a server is not tried again.
before=$(said start_afters)
larder_preload ls "$MOUNT/stubborn/d/" >/dev/null
assert_equal "$before" "$(said start_afters)" 'requests with start-after'
