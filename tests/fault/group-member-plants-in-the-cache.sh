#!/bin/bash
# What one member of a group plants in the cache (links, FIFOs, folders) leads no other member's agent or program astray: right bytes, in
# time, and nothing outside of the cache is read, written or removed.
# timeout: 120
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/users.sh"
requires_users

for name in sub/{x,y,z,s} deep/w; do make_file "$ORIGIN_DIR/demo/$name" 3000 "${#name}"; done
start_nginx
CACHE=$T/cache
install -d -m 2770 -g "$GROUP" "$CACHE"
demo_config "group = $GROUP" -- 'immutable = true'
chmod 0644 "$LARDER_CONFIG"
# What Bob has at home, and wants to keep.
keep=$T/users/$BOB/home/keep
as "$BOB" mkdir "$keep"
echo secret | as "$BOB" tee "$keep/w" "$keep/x" "$keep/0123456789abcdef.host.1.1" >/dev/null
as "$BOB" chmod 0600 "$keep"/*
before=$(ls -lA --time-style=full-iso "$keep")

# Alice is the first, so that the folders are hers.
as_preload "$ALICE" cat "$MOUNT/sub/x" >/dev/null
stop_agents_of "$ALICE"
data=$(echo "$CACHE"/data/demo~*)
as "$ALICE" bash -ec '
	cd "$1" && rm -f sub/x
	ln -s "$2/x" sub/x
	mkfifo sub/y && mkdir sub/z
	ln -s /etc/shadow sub/s
	ln -s "$2" deep
	cd "$3"
	for name in tmp locks trash usage; do mv "$name" "$name.old" && ln -s "$2" "$name"; done
' bash "$data" "$keep" "$CACHE"
for name in sub/{x,y,z,s} deep/w; do
	got=$(as_preload "$BOB" timeout 30 sha256sum "$MOUNT/$name" | cut -d' ' -f1)
	assert_equal "$(digest "$ORIGIN_DIR/demo/$name")" "$got" "$name"
done
stop_agents_of "$BOB"
assert_equal "$before" "$(ls -lA --time-style=full-iso "$keep")" 'what Bob has at home'
assert_equal secret "$(cat "$keep/w")" 'in his file'

# The rest with the folders as they were: what was planted goes, and what is filled stays.
as "$ALICE" bash -ec 'cd "$1"; for name in tmp locks trash usage; do rm "$name" && mv "$name.old" "$name"; done' bash "$CACHE"
for name in sub/{x,y} deep/w; do
	got=$(as_preload "$BOB" timeout 30 sha256sum "$MOUNT/$name" | cut -d' ' -f1)
	assert_equal "$(digest "$ORIGIN_DIR/demo/$name")" "$got" "$name, again"
done
stop_agents_of "$BOB"
assert_equal "$before" "$(ls -lA --time-style=full-iso "$keep")" 'what Bob has at home'
for name in sub/{x,y} deep/w; do
	if [ ! -f "$data/$name" ] || [ -L "$data/$name" ]; then fail "$name is still what was planted"; fi
done
[ ! -L "$data/deep" ] || fail 'a planted folder is still there'
