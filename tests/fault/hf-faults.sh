#!/bin/bash
# The Hub throttles, fails, or its other host sends bytes that are not the file's: the first is waited for, the last is never served.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/hub.sh"

start_hub
files=$(hub_commit org/model "$COMMIT_A" main)
make_file "$files/large" 150000 1
printf one >"$files/small"
cat >"$LARDER_CONFIG" <<-INI
	[cache]
	location = $CACHE
	retries = 3
INI
echo '1 429' >"$HUB/fail"
assert_equal one "$(larder_preload cat hf://org/model/small)" 'after a 429'
echo '1 503' >"$HUB/fail"
touch "$HUB/turned"
assert_contains "$(! larder_preload cat hf://org/model/large 2>&1 >/dev/null)" 'Input/output error'
rm "$HUB/turned"
assert_equal "$(digest "$files/large")" "$(read_object hf://org/model/large)" 'once it is right'
