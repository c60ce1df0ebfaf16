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
	require('names').list{ rows = '$T/rows', size = 256, delay = 0.2, down = '$T/down' } } }" \
	'location /-/said { access_log off; content_by_lua_block { require("names").say() } }'
write_config <<-END
	ttl = ${ttl}s
	retries = 1
	[profile demo]
	remote = s3://data
	path = $MOUNT
	endpoint = $ORIGIN
	anonymous = true
END
# Requests that have come, whether they are answered yet or not.
requests() { curl -sS --max-time 60 "$ORIGIN/-/said" | sed 's/requests=\([0-9]*\) .*/\1/'; }
more_than() { [ "$(requests)" -gt "$1" ]; }
index() { ls -i "$T"/run/larder/*/listings/demo~*/*; }
changed() { [ "$(index)" != "$1" ]; }
failures() { cat "$T"/run/larder/*/agent.log | grep -c 'not refreshed ahead' || true; }
# How long it is fresh yet, in ms, as its header says.
left() { echo $(($(od -An -tu8 -j16 -N8 "$T"/run/larder/*/listings/demo~*/*) - $(sed 's/\.\([0-9]*\) .*/\10/' /proc/uptime))); }

# list NAMES MS: reads the folder, which must have so many, and asks nothing. False if less than MS of the ttl were left after that.
list() {
	local before asked number
	before=$(requests)
	number=$(larder_preload ls -f "$MOUNT/d" | wc -l)
	asked=$(requests)
	[ "$(left)" -gt "$2" ] || return
	assert_equal $(($1 + 2)) "$number" 'names with . and ..'
	assert_equal "$before" "$asked" 'requests by a reader'
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
	# In the second half of its life it may be fetched again.
	soon changed "$old" && list $count $((ttl * 500))
}
failed() {
	local before
	rm -f "$T/down"
	larder_preload ls -f "$MOUNT/d" >/dev/null
	before=$(failures)
	touch "$T/down"
	soon failed_since "$before" && list $count 0
}

for step in refreshed failed; do
	for ((try = 0; ; try++)); do
		[ $try -lt 20 ] || fail "not $step, or the machine is too slow"
		! $step || break
	done
done
