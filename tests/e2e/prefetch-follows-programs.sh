#!/bin/bash
# tar and cp -r, and one thread that opens a sorted list, wait for the first objects of a folder alone; the rest is fetched ahead of them, each
# object once, and what they read is right.
. "$(dirname "$0")/../lib/lib.sh"

for folder in tar cp list; do
	for i in {100..139}; do make_file "$ORIGIN_DIR/demo/$folder/f$i" 2000 "$i"; done
done
write_manifest "$ORIGIN_DIR/demo"
start_nginx
demo_config -- 'manifest = manifest.tsv'
prefetched() { "$LARDER" df --json | python3 -c 'import json, sys
print(next(p["prefetched"] for p in json.load(sys.stdin)["profiles"] if p["name"] == "demo"))'; }
is_prefetched() { [ "$(prefetched)" -ge "$1" ]; }
so_far=0
# assert_read_ahead FOLDER LEAST: so many of its 40 at least.
assert_read_ahead() {
	assert_equal 40 "$(origin_requests "^GET /demo/$1/")" "requests for $1"
	wait_until 20 is_prefetched $((so_far + $2))
	so_far=$(prefetched)
}

larder_preload tar cf "$T/out.tar" -C "$MOUNT" tar
mkdir "$T/out"
tar xf "$T/out.tar" -C "$T/out"
assert_read_ahead tar 38
larder_preload cp -r "$MOUNT/cp" "$T/out"
# It copies in the order of inode numbers, which are known only when it has opened a few.
assert_read_ahead cp 25
larder_preload ls "$MOUNT/list" >/dev/null
printf '%s\n' "$MOUNT"/list/f{100..139} >"$T/sorted"
larder_preload python3 -c 'import os, sys
os.mkdir(sys.argv[1] + "/list")
for path in open(sys.argv[2]).read().split():
    with open(path, "rb") as one, open(sys.argv[1] + "/list/" + os.path.basename(path), "wb") as copy:
        copy.write(one.read())' "$T/out" "$T/sorted"
# What was right for the folder before is tried first, and is wrong here.
assert_read_ahead list 30
diff -r -x manifest.tsv "$ORIGIN_DIR/demo" "$T/out" || fail 'wrong bytes'
