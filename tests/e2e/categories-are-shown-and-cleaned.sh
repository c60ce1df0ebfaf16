#!/bin/bash
# df shows the caches of other tools by heading, and evict --category removes what was not used for its retention, when told twice.
. "$(dirname "$0")/../lib/lib.sh"

put() { mkdir -p "$(dirname "tools/$1")" && head -c 100000 /dev/zero | tr '\0' x >"tools/$1" && touch -d "$2 days ago" "tools/$1"; }
put pip/a/old 100
put pip/new 1
put hub/model-old/blobs/x 100
put hub/model-used/blobs/x 100
put hub/model-used/blobs/y 2
put never/x 500
write_config <<-END
	[category pip]
	heading = packages
	path = $T/tools/pip
	retention = 90d
	[category hub]
	heading = models
	path = $T/tools/hub
	unit = 1
	retention = 90d
	[category docker]
	heading = packages
	path = $T/tools/never
	retention = 1d
	evict = never
	[category absent]
	path = $T/tools/absent
END

said=$("$LARDER" df)
size='[0-9.]+ [KM]iB'
for row in "packages +$size +3 +(24h|1d) +$size" "  pip +$size +2 +(24h|1d) +$size +90d" "  hub +$size +3 +2d +$size +90d" "  docker +$size +1 +500d +- +never" \
	"total +$size +6 "; do
	grep -Eq "^$row" <<<"$said" || fail "no row like '$row' in: $said"
done
assert_contains_not "$said" absent
assert_equal "hub 3 90 false" "$("$LARDER" df --json | jq -r '.categories[1] | [.name, .files, .retention / 86400, .never] | join(" ")')"

"$LARDER" evict --category all >shown
assert_contains "$(cat shown)" "$T/tools/pip/a/old"
assert_contains "$(cat shown)" "$T/tools/hub/model-old"
assert_equal 6 "$(find tools -type f | wc -l)" 'files after a look'

"$LARDER" evict --category all --yes >/dev/null
assert_equal "tools/hub/model-used/blobs/x
tools/hub/model-used/blobs/y
tools/never/x
tools/pip/new" "$(find tools -type f | sort)"
[ ! -e tools/pip/a ] || fail "an empty folder is left"

assert_fails_with 'evict = never' "$LARDER" evict --category docker --yes
assert_fails_with 'no such category' "$LARDER" evict --category nothing
"$LARDER" evict --category pip --older-than 1h --yes >/dev/null
[ ! -e tools/pip/new ] || fail "--older-than is not heeded"
