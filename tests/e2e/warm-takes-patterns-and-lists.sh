#!/bin/bash
# larder warm takes patterns and lists, says beforehand what it would fetch, goes on where it was, and its status tells whether
# everything is there.
. "$(dirname "$0")/../lib/lib.sh"

for n in 1 2 3; do
	make_file "$ORIGIN_DIR/demo/a/$n.tar" 1000 $n
	make_file "$ORIGIN_DIR/demo/a/$n.txt" 1000 $n
	make_file "$ORIGIN_DIR/demo/b/deep/$n.tar" 1000 1$n
done
make_file "$ORIGIN_DIR/demo/odd [1]" 10 4
make_file "$ORIGIN_DIR/demo/new"$'\n'"line" 10 5
start_nginx
demo_config
cat >>"$LARDER_CONFIG" <<-END
	[profile folder]
	remote = file://$ORIGIN_DIR/demo
	path = $T/mnt/folder
END
# Both ways: a folder lists itself.
FOLDER=$T/mnt/folder
# warm STATUS ARG…: the status is that, and the number of objects, of those fetched and of those failed are printed.
warm() {
	local wanted=$1 status=0
	shift
	"$LARDER" warm --json "$@" >"$T/json" 2>"$T/said" || status=$?
	assert_equal "$wanted" "$status" "status of warm $*: $(cat "$T/said")"
	python3 -c 'import json; r = json.load(open("json")); print(r["objects"], r["fetched"], r["fetched_bytes"], r["failed"])'
}

assert_equal '3 3 3000 0' "$(warm 0 -n "$FOLDER/a/*.tar")" 'a dry run'
assert_equal '' "$(cached_objects)" 'what a dry run leaves'
assert_equal '3 3 3000 0' "$(warm 0 "file://$ORIGIN_DIR/demo/a/*.tar")" 'one folder'
assert_equal '6 3 3000 0' "$(warm 0 -n "$FOLDER/**/*.tar")" 'any folder, dry'
assert_equal '6 3 3000 0' "$(warm 0 "$FOLDER/**/*.tar")" 'any folder; the rest was there'
assert_equal '3 0 0 0' "$(warm 0 "$FOLDER/[b-z]/d*")" 'a folder that matches'
assert_equal '1 1 10 0' "$(warm 0 "$FOLDER/odd [1]")" 'a name that looks like a pattern'
assert_equal '0 0 0 1' "$(warm 1 "$FOLDER/*.zip")" 'nothing matches'
assert_contains "$(cat said)" '/*.zip: nothing matches this pattern'

# A list, with what is missing in it.
printf '%s\n' "$FOLDER/a/1.txt" '' "$FOLDER/no-such" /nowhere/x "$ORIGIN/demo/a/1.tar" >list
assert_equal '2 2 2000 2' "$(warm 1 --from-list list)" 'a list'
assert_contains "$(cat said)" 'no-such: '
assert_contains "$(cat said)" '/nowhere/x: is in no profile'
assert_equal '2 1 10 0' "$(printf '%s\0' "$FOLDER/new"$'\n'"line" "$FOLDER/a/1.txt" | warm 0 -0 --from-list -)" 'names with NUL'
assert_equal '0 0 0 0' "$(warm 0 --from-list /dev/null)" 'an empty list'
assert_equal '10000 0 0 0' "$(seq 10000 | sed "s,.*,$FOLDER/a/1.txt," | warm 0 --from-list -)" 'more than are queued'
assert_contains "$("$LARDER" warm -n "$FOLDER")" '2 would be fetched (2.0 KiB), 9 are there'

# Only what changed is fetched again.
stop_agent
make_file "$ORIGIN_DIR/demo/a/2.tar" 2000 9
sed -i 's/^retries.*/&\nttl = 0/' "$LARDER_CONFIG"
assert_equal '3 1 2000 0' "$(warm 0 -n "$FOLDER/a/*.tar")" 'one has changed'

for bad in '-j 0 x' '-n' '--from-list'; do
	status=0
	# shellcheck disable=SC2086 # arguments
	"$LARDER" warm $bad >"$T/said" 2>&1 || status=$?
	assert_equal 2 $status "status of $bad"
done
