#!/bin/bash
# A listing that takes long and is in use is fetched again before its ttl ends: nobody asked, and the next reader finds new names
# without a request. A refresh that fails leaves what there is.
# timeout: 120
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

larder_preload ls -f "$MOUNT/d" >/dev/null
for ((try = 0; ; try++)); do
	[ $try -lt 20 ] || fail 'the machine is too slow'
	count=$((count + 50)) before=$(requests) old=$(index) BEGUN=$SECONDS
	python3 "$LIB/names.py" $count >"$T/rows.new" && mv "$T/rows.new" "$T/rows"
	wait_until 60 more_than "$before"
	BEGUN=$SECONDS
	wait_until 60 changed "$old"
	! list $count || break
	# Too late: it has ended, and was fetched for this reader.
done

# The second refresh fails; within the ttl all names are there.
for ((try = 0; ; try++)); do
	[ $try -lt 20 ] || fail 'the machine is too slow'
	touch "$T/down"
	before=$(failures)
	wait_until 60 eval "[ \$(failures) -gt $before ]"
	BEGUN=$((SECONDS - ttl / 2))
	! list $count || break
	rm "$T/down"
	larder_preload ls -f "$MOUNT/d" >/dev/null
done
