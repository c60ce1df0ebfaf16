#!/bin/bash
# larder evict takes what it is told to from the cache, shows it first with --dry-run, and readers notice nothing; ls --cached shows what is left.
. "$(dirname "$0")/../lib/lib.sh"
requires jq

for i in 1 2 dir/3 dir/4; do make_file "$ORIGIN_DIR/demo/$i" 100000 "${i#dir/}"; done
start_nginx
demo_config
for i in 1 2 dir/3 dir/4; do read_object "$MOUNT/$i" >/dev/null; done
stop_agent # what was read has its name then
cached() { "$LARDER" ls --cached "$@" | sed "s,^$ORIGIN/demo/,," | LC_ALL=C sort | xargs; }
assert_equal '1 2 dir/3 dir/4' "$(cached)" 'the cache'
assert_equal 'dir/3 dir/4' "$(cached "$MOUNT/dir")" 'the folder'

said=$("$LARDER" evict --dry-run "$MOUNT/dir/" "$ORIGIN/demo/1")
assert_contains "$said" 'would evict 3 objects'
assert_contains "$said" "$ORIGIN/demo/dir/4"
assert_equal '1 2 dir/3 dir/4' "$(cached)" 'the cache after a dry run'

reader() { larder_preload bash -c 'exec 7<"$1" && touch open && until [ -e go ]; do sleep 0.02; done && sha256sum <&7 >sum' - "$MOUNT/dir/3"; }
reader &
reader=$!
wait_until 30 test -e open
assert_contains "$("$LARDER" evict "$MOUNT/dir/")" 'evicted 2 objects'
assert_equal '1 2' "$(cached)" 'the cache without the folder'
touch go
wait $reader
assert_equal "$(digest "$ORIGIN_DIR/demo/dir/3")" "$(cut -d' ' -f1 sum)" 'what was open'

# Of some age, by the time of the file; the journal, which knows better, has gone.
stop_agent
touch -a -d '2 days ago' "$CACHE"/data/*/1
rm "$CACHE"/usage/*.log
assert_equal 1 "$("$LARDER" evict --json --older-than 1d | jq .count)" 'objects unused for a day'
assert_equal 2 "$(cached)" 'what was used later'

assert_fails_with 'nothing was selected' "$LARDER" evict
assert_fails_with 'no such profile' "$LARDER" evict --profile other
assert_fails_with 'expected a time' "$LARDER" evict --older-than soon
"$LARDER" evict --profile demo >/dev/null
assert_equal '' "$(cached)" 'the cache without the profile'
assert_equal "$(digest "$ORIGIN_DIR/demo/2")" "$(read_object "$MOUNT/2")" 'what was evicted'
