#!/bin/bash
# A listing that takes long and is in use is fetched again before its ttl ends: nobody asked, and the next reader finds new names
# without a request. A refresh that fails leaves what there is.
# timeout: 240
. "$(dirname "$0")/../lib/lib.sh"
requires_lua

ttl=4
count=3000
python3 "$LIB/names.py" $count >"$T/rows"
start_nginx "location /data/ { content_by_lua_block {
	require('names').list{ rows = '$T/rows', size = 256, delay = 0.3, down = '$T/down' } } }"
write_config <<-END
	ttl = ${ttl}s
	retries = 1
	[profile demo]
	remote = s3://data
	path = $MOUNT
	endpoint = $ORIGIN
	anonymous = true
END
requests() { origin_requests '^GET /data/'; }
more_than() { [ "$(requests)" -gt "$1" ]; }
index() { ls -i "$T"/run/larder/*/listings/demo~*/*; }
changed() { [ "$(index)" != "$1" ]; }
failures() { cat "$T"/run/larder/*/agent.log | grep -c 'not refreshed ahead' || true; }

# list NAMES: reads the folder, which must have so many. True if that was within the ttl since BEGUN, and then nothing was asked.
list() {
	local before number
	before=$(requests)
	number=$(larder_preload ls -f "$MOUNT/d" | wc -l)
	[ $SECONDS -lt $((BEGUN + ttl - 1)) ] || return
	assert_equal $(($1 + 2)) "$number" 'names with . and ..'
	assert_equal "$before" "$(requests)" 'requests by a reader'
}

# soon CMD…: whether that comes to be within two lives of a listing.
soon() {
	local deadline=$((SECONDS + 2 * ttl))
	until "$@"; do
		[ $SECONDS -le $deadline ] || return
		sleep 0.02
	done
}
failed_since() { [ "$(failures)" -gt "$1" ]; }

# A slow machine may do the one thing too late for the other: then all of it again, from a listing that was used.
refreshed() {
	local before old
	count=$((count + 50))
	python3 "$LIB/names.py" $count >"$T/rows.new"
	larder_preload ls -f "$MOUNT/d" >/dev/null
	before=$(requests) old=$(index)
	mv "$T/rows.new" "$T/rows"
	soon more_than "$before" || return
	BEGUN=$SECONDS
	soon changed "$old" && list $count
}
failed() {
	local before
	rm -f "$T/down"
	larder_preload ls -f "$MOUNT/d" >/dev/null
	before=$(failures)
	touch "$T/down"
	soon failed_since "$before" || return
	BEGUN=$((SECONDS - ttl / 2))
	list $count
}

for step in refreshed failed; do
	for ((try = 0; ; try++)); do
		[ $try -lt 10 ] || fail "not $step, or the machine is too slow"
		! $step || break
	done
done
