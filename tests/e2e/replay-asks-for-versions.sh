#!/bin/bash
# A replay fetches what is not cached by its version, where the store keeps versions: S3 versions, Google's generations, commits of
# the Hub. The newest version stays what it is for others, and a version that was removed is a failure.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/hub.sh"

start_swift
start_gcs
start_hub
python3 "$LIB/s3.py" versions "$BUCKET" dir/x >/dev/null
make_file old 3000 1
make_file new 4000 2
hub_old=$(hub_commit datasets/org/set "$COMMIT_A" main)
cp old "$hub_old/x"
s3_put "$BUCKET" dir/x old
gcs_put data/dir/x old >/dev/null
printf '%s\n' 'ttl = 0' 'retries = 1' '[profile s3]' "remote = s3://$BUCKET" "endpoint = $S3_ENDPOINT" "path = $MOUNT/s3" \
	'[profile gs]' 'remote = gs://data' "endpoint = $GCS_ENDPOINT" "path = $MOUNT/gs" "credentials_file = $GCS_DIR/service_account.json" |
	write_config
paths=("$MOUNT/s3/dir/x" "$MOUNT/gs/dir/x" hf://datasets/org/set/x)
replay() { "$LARDER" run --replay record -- "$@"; }
# three FILE: what sha256sum says of three copies of it.
three() { for _ in 1 2 3; do digest "$1"; done; }

"$LARDER" run --record record -- cat "${paths[@]}" >/dev/null
assert_equal 3 "$(grep -c '"version": "[^"]' record)" "versions in $(cat record)"
stop_agent
rm -rf "$CACHE"

# All of them have a newer version, and that one is cached.
s3_put "$BUCKET" dir/x new
gcs_put data/dir/x new >/dev/null
cp new "$(hub_commit datasets/org/set "$COMMIT_B" main)/x"
assert_equal "$(three new)" "$(larder_preload sha256sum "${paths[@]}" | cut -d' ' -f1)" 'the newest'
wait_until 30 eval '[ "$(cached_objects | wc -l)" = 3 ]'

assert_contains "$("$LARDER" warm -n --from-record record)" '3 would be fetched (8.8 KiB)'
assert_equal "$(three old)" "$(replay sha256sum "${paths[@]}" | cut -d' ' -f1)" 'the recorded versions'
assert_equal '3000 3000 3000' "$(replay stat -c %s "${paths[@]}" | xargs)" 'their sizes'
assert_equal "$(three new)" "$(LARDER_OFFLINE=1 larder_preload sha256sum "${paths[@]}" | cut -d' ' -f1)" 'what others had cached'
assert_equal "$(three old)" "$(LARDER_OFFLINE=1 replay sha256sum "${paths[@]}" | cut -d' ' -f1)" 'a replay without the remotes'
assert_contains "$("$LARDER" warm --from-record record)" '0 fetched (0 B at 0 B/s), 3 were there, 0 failed'

# A version that is not there any more.
stop_agent
LARDER_REPLAY=$T/record stop_agent
rm -r "$CACHE" "$hub_old"
sed -i "s/\"version\": \"$(sed -n 's/.*"gs:.*"version": "\([0-9]*\)".*/\1/p' record)\"/\"version\": \"1\"/" record
for path in "${paths[@]:1}"; do
	assert_fails_with 'Stale file handle' replay cat "$path"
	assert_contains "$(replay cat "$path" 2>&1 || true)" ': the record has it as "'
done
assert_equal "$(digest old)" "$(replay sha256sum "${paths[0]}" | cut -d' ' -f1)" 'one that is'
status=0
"$LARDER" warm --from-record record >/dev/null 2>&1 || status=$?
assert_equal 1 $status 'the status of warm'
