#!/bin/bash
# A revision pins what is read: a commit for ever, a branch until it moves; and a range that is not of the same commit is never mixed in.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/hub.sh"

start_hub
first=$(hub_commit org/model "$COMMIT_A" v1 main)
make_file "$first/weights" 200000 1
printf one >"$first/config.json"
cat >"$LARDER_CONFIG" <<-INI
	[cache]
	location = $CACHE
	ttl = 0
	part_size = 64K
	object_connections = 1
INI
assert_equal one "$(larder_preload cat hf://org/model/config.json)" 'main'
assert_equal one "$(larder_preload cat hf://org/model@"$COMMIT_A"/config.json)" 'the commit'
assert_equal "$(digest "$first/weights")" "$(read_object hf://org/model/weights)" 'large'

published() { compgen -G "$CACHE/data/hf=org,model~*/weights" >/dev/null; } # before, it was fetched just now
wait_until 30 published

# Asked again, it is not sent again: the Hub knows no conditions, but says what it would send.
before=$(hub_requests | grep -c '^files ')
assert_equal "$(digest "$first/weights")" "$(read_object hf://org/model/weights)" 'again'
assert_at_most 1 $(($(hub_requests | grep -c '^files ') - before)) 'requests for bytes when nothing has changed'

second=$(hub_commit org/model "$COMMIT_B" main)
make_file "$second/weights" 200000 2
printf two >"$second/config.json"
assert_equal two "$(larder_preload cat hf://org/model/config.json)" 'main has moved'
assert_equal one "$(larder_preload cat hf://org/model@v1/config.json)" 'the tag'
assert_equal one "$(larder_preload cat hf://org/model@"$COMMIT_A"/config.json)" 'the commit stays'
assert_equal "$(digest "$second/weights")" "$(read_object hf://org/model/weights)" 'large, moved'
assert_equal "$(digest "$first/weights")" "$(read_object hf://org/model@"$COMMIT_A"/weights)" 'large, pinned'

# A commit is asked for once.
before=$(hub_requests | wc -l)
larder_preload cat hf://org/model@"$COMMIT_A"/config.json >/dev/null
assert_equal "$before" "$(hub_requests | wc -l)" 'requests for a commit that is cached'
