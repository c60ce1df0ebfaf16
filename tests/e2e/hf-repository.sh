#!/bin/bash
# A repository of the Hub is a read-only folder: small and large files, folders of several pages, sizes and bytes as they were stored.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/hub.sh"

start_hub
files=$(hub_commit datasets/org/set "$COMMIT_A" main)
for i in 1 2 3 4 5 6 7; do make_file "$files/part/$i" $((i * 1000)) "$i"; done
make_file "$files/model.bin" 3000000 9
make_file "$files/a name with spaces & ü#?.txt" 10 10
: >"$files/empty"
cat >"$LARDER_CONFIG" <<-INI
	[cache]
	location = $CACHE
	part_size = 1M
	[profile set]
	remote = hf://datasets/org/set
	path = $MOUNT
INI

assert_equal "$(cd "$files" && find . -type f -printf '%P %s\n' | sort)" "$(larder_preload find "$MOUNT" -type f -printf '%P %s\n' | sort)" 'names and sizes'
assert_equal 3 "$(hub_requests | grep -c /tree/main/part)" 'pages of a folder of seven names'
larder_preload cp -r "$MOUNT" copy
diff -r "$files" copy

# What holds the ranges of a large file together is the commit that the first answer named.
hub_requests | grep ' bytes=' | grep -v 'bytes=0-' | grep '^hub ' >ranges
assert_equal 2 "$(grep -c "/resolve/$COMMIT_A/model.bin" ranges)" 'later ranges of the large file'
assert_equal "\"$(digest "$files/model.bin")\"" "$(larder_preload getfattr --only-values -n user.larder.etag "$MOUNT/model.bin" 2>/dev/null)" 'its ETag is its SHA-256'

# As a URL, too; and a path that is not there.
assert_equal "$(digest "$files/part/3")" "$(read_object hf://datasets/org/set/part/3)" 'by its URL'
assert_equal 3000000 "$(larder_preload stat -c %s hf://datasets/org/set@main/model.bin)" 'size of a large file that was not read'
assert_contains "$(! larder_preload cat "$MOUNT/none" 2>&1)" 'No such file'
