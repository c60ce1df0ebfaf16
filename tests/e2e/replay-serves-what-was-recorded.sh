#!/bin/bash
# A replay serves exactly the versions of its record, from the cache or by If-Match, while others see the newest; listings and
# sizes are the record's; and what is gone fails, by its name.
. "$(dirname "$0")/../lib/lib.sh"

odd=$'new\nline %41 #1'
make_file "$ORIGIN_DIR/demo/d/x" 1000 1
make_file "$ORIGIN_DIR/demo/d/y" 2000 2
make_file "$ORIGIN_DIR/demo/d/deep/$odd" 30 3
make_file "$ORIGIN_DIR/demo/d/not-opened" 40 4
cp -rp "$ORIGIN_DIR/demo/d" wanted && rm wanted/not-opened
start_nginx
printf '%s\n' 'ttl = 0' 'retries = 1' '[profile demo]' "remote = $ORIGIN/demo" "path = $MOUNT" \
	'[profile folder]' "remote = file://$ORIGIN_DIR/demo" "path = $T/mnt/folder" | write_config
FOLDER=$T/mnt/folder
replay() { "$LARDER" run --replay "${RECORD:-record}" -- "$@"; }

"$LARDER" run --record record -- sh -c 'cat "$0"/d/x "$0"/d/y >/dev/null; cd "$1/d"; cat x y "deep/$2" >/dev/null' "$MOUNT" "$FOLDER" "$odd"
stop_agent

# The origin goes on; what was opened is still cached.
make_file "$ORIGIN_DIR/demo/d/x" 500 9
forget_requests
assert_equal "$(digest wanted/x)" "$(replay sha256sum "$MOUNT/d/x" | cut -d' ' -f1)" 'the recorded version'
assert_equal 1000 "$(replay stat -c %s "$MOUNT/d/x")" 'its size'
assert_equal "$(printf 'deep\nx\ny')" "$(replay ls "$FOLDER/d")" 'its folder'
assert_equal "$(printf 'x\ny')" "$(replay ls "$MOUNT/d")" 'a folder of a remote that cannot list'
replay cp -r "$FOLDER/d" copied
diff -r wanted copied >&2 || fail 'a copy of the recorded folder differs'
for path in "$FOLDER/d/not-opened" "$MOUNT/d/not-opened"; do
	assert_fails_with "d/not-opened: No such file" replay cat "$path"
	assert_contains "$(replay cat "$path" 2>&1 || true)" "/d/not-opened: the record does not name it, so it is not there"
done
assert_equal 0 "$(origin_requests)" 'requests of a replay from the cache'
"$LARDER" run --record again --replay record -- cat "$MOUNT/d/x" "$MOUNT/d/y" >/dev/null
assert_equal "$(grep -o '"url": "http.*"executable"' record)" "$(grep -o '"url": "http.*"executable"' again)" 'the record of a replay'

# What is not cached any more is fetched, if it still is what it was.
"$LARDER" evict "$MOUNT/d/y" >/dev/null
assert_contains "$("$LARDER" warm -n --from-record record)" '1 would be fetched (2.0 KiB), 4 are there'
assert_equal "$(digest wanted/y)" "$(replay sha256sum "$MOUNT/d/y" | cut -d' ' -f1)" 'fetched again'
assert_contains "$(origin_log)" 'GET /demo/d/y 206'
"$LARDER" warm --from-record record >/dev/null

# Others see the newest, which takes the place of the old one in the cache. (Once, the replaying program was first.)
assert_equal "$(digest "$ORIGIN_DIR/demo/d/x")" "$(read_object "$MOUNT/d/x")" 'the newest version'
assert_equal "$(digest "$ORIGIN_DIR/demo/d/x")" "$(read_object "$FOLDER/d/x")" 'the newest version'
stop_agent
for path in "$MOUNT/d/x" "$FOLDER/d/x"; do
	assert_fails_with 'Stale file handle' replay cat "$path"
	assert_contains "$(replay cat "$path" 2>&1 || true)" 'the record has it as "'
	assert_contains "$(replay cat "$path" 2>&1 || true)" 'now'
	assert_equal 1000 "$(replay stat -c %s "$path")"
done
status=0
"$LARDER" warm --from-record record 2>said || status=$?
assert_equal 1 $status 'warm of a record that cannot be had'
assert_contains "$(cat said)" "$ORIGIN/demo/d/x: the record has it as"
assert_equal "$(digest "$ORIGIN_DIR/demo/d/x")" "$(read_object "$MOUNT/d/x")" 'the newest version, after a replay'
rm "$ORIGIN_DIR/demo/d/x"
assert_contains "$(replay cat "$MOUNT/d/x" 2>&1 || true)" 'it is gone'

# Its agent keeps the configuration with which it read the record.
replay true
echo '# changed' >>"$LARDER_CONFIG"
for pid in $(agent_pids); do kill -HUP "$pid"; done
says() { grep -qsF "$1" "$XDG_RUNTIME_DIR"/larder/*/agent.log; }
wait_until 30 says 'an agent that replays a record keeps its configuration'

# Records that say too little, or nothing.
# refused RECORD TEXT: a replay of it says TEXT and starts no program.
refused() {
	status=0
	RECORD=$1 replay touch started 2>said || status=$?
	assert_equal 125 $status "the status with $1"
	assert_contains "$(cat said)" "$2"
	[ ! -e started ] || fail "$1: the program was started"
}
(cat record && echo 'no record') >bad
refused bad "--replay bad: line $(wc -l <bad) is not of a record"
: >empty && refused empty 'it is empty'
refused no-such 'No such file'
sed "s,$ORIGIN,http://elsewhere," record >moved
refused moved 'no profile has this URL'
cat record <(sed 's/"size": 2000/"size": 2001/' record) >twice
RECORD=twice assert_fails_with "$ORIGIN/demo/d/y: it was opened in several generations" replay cat "$MOUNT/d/y"
