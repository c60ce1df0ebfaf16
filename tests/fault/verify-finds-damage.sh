#!/bin/bash
# Damage on the disk is found by `larder verify`, and mended by --repair: flipped bits, cut files, lost attributes, strays, wrong listings.
. "$(dirname "$0")/../lib/lib.sh"
requires setfattr jq

for i in bits cut grown bare digest good; do make_file "$ORIGIN_DIR/demo/sub/$i" 300000 ${#i}; done
ORIGIN=file://$ORIGIN_DIR
demo_config 'part_size = 100K'
larder_preload ls "$MOUNT/sub" >/dev/null
"$LARDER" warm -q "$MOUNT/sub"
wait_until 20 eval '[ "$(cached_objects | wc -l)" = 6 ]'
stop_agent
data=$(echo "$CACHE"/data/demo~*/sub) dirs=$(echo "$CACHE"/dirs/demo~*/sub)
getfattr -n user.larder.digest "$data/good" >/dev/null 2>&1 || { echo "skipped: $CACHE keeps no user xattrs"; exit "$SKIP"; }
"$LARDER" verify | grep -q '^6 objects, .*all well' || fail 'a good cache is not well'

# flip FILE AT: one bit, with everything else as it was.
flip() {
	local old
	old=$(od -An -tu1 -j "$2" -N1 "$1")
	# shellcheck disable=SC2059 # an octal number
	printf "\\$(printf %o $((old ^ 16)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
chmod u+w "$data"/*
touch -r "$data/bits" stamp
flip "$data/bits" 123456
touch -m -r stamp "$data/bits"
truncate -s 200000 "$data/cut"
truncate -s 300001 "$data/grown"
setfattr -x user.larder.id "$data/bare"
setfattr -n user.larder.digest -v nonsense "$data/digest"
chmod 1444 "$data"/*
: >"$data/stray"
ln -s /etc/passwd "$data/link"
flip "$dirs/%=list" 140
: >"$CACHE/tmp/0123456789abcdef.gone.1-0123456789abcdef.1"
touch -d '1 hour ago' "$CACHE/tmp"/*
wait_until 10 eval '"$LARDER" verify --json >report; [ "$(jq .leftover report)" = 1 ]' # a file that was just made may be in use
before=$(find "$CACHE" -type f ! -name larder.format | LC_ALL=C sort | xargs -d '\n' sha256sum)

# Without --repair all of it is told, and nothing is touched.
assert_equal 9 "$({ "$LARDER" verify -q || true; } | wc -l)" lines
"$LARDER" verify >/dev/null && fail 'says that all is well'
kinds=$(jq -r '.findings[] | .kind + " " + (.path | split("/") | last)' report | LC_ALL=C sort)
assert_equal 'attributes bare
attributes digest
bytes bits
leftover 0123456789abcdef.gone.1-0123456789abcdef.1
listing %=list
size cut
size grown
stray link
stray stray' "$kinds" findings
assert_equal "$before" "$(find "$CACHE" -type f ! -name larder.format | LC_ALL=C sort | xargs -d '\n' sha256sum)" 'the cache after verify'
"$LARDER" verify -q "$MOUNT/sub/good" || fail 'one good object'
"$LARDER" verify -q "$MOUNT/sub/bits" >/dev/null && fail 'one bad object'

"$LARDER" verify --repair >repaired || fail "not everything was repaired: $(cat repaired)"
wait_until 20 eval '[ "$(cached_objects | wc -l)" = 6 ]'
"$LARDER" verify || fail 'not well after the repair'
for i in bits cut grown bare digest good; do assert_same_file "$ORIGIN_DIR/demo/sub/$i" "$data/$i"; done
