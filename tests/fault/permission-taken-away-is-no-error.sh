#!/bin/bash
# Where the permission to write to the cache is taken away while the agent runs, objects are read through, with one warning; given back, they
# are kept, and taken away anew, it is said again.
. "$(dirname "$0")/../lib/disk.sh"

small_files 40 5000
start_nginx
demo_config
all_read 1 1
wait_until 10 is_kept 1
chmod a-w "$CACHE/tmp" "$CACHE"/data/*
all_read 1 8
assert_equal 1 "$(warnings)" 'warnings'
chmod u+w "$CACHE/tmp" "$CACHE"/data/*
said_again() { cat "$XDG_RUNTIME_DIR"/larder/*/agent.log | grep -q 'objects are kept again'; }
for i in {9..30}; do
	read_object "$MOUNT/$i" >/dev/null
	if said_again; then break; fi
	sleep 1
done
said_again || fail 'not kept again'
chmod a-w "$CACHE"/data/*
all_read 31 34
two_warnings() { [ "$(warnings)" = 2 ]; }
wait_until 10 two_warnings
chmod u+w "$CACHE"/data/*
