#!/bin/bash
# The cache holds no more files than it may, but for those in flight, and those that were used last.
. "$(dirname "$0")/../lib/lib.sh"

for i in {1..300}; do make_file "$ORIGIN_DIR/demo/$i" 100 "$i"; done
start_nginx
demo_config 'files = 30'
read -r _ files looks < <(python3 "$LIB/sampler.py" "$CACHE" env LD_PRELOAD="$SHIM" bash -c \
	"seq -f '$MOUNT/%g' 300 | xargs -P 4 -n 10 sha256sum >got; sha256sum '$MOUNT/7' >last")
assert_equal 300 "$(wc -l <got)" 'objects read'
assert_at_least 5 "$looks" 'looks at the disk'
assert_at_most $((30 + 4)) "$files" 'files in the cache'
stop_agent
assert_at_most 30 "$(cached_objects | wc -l)" 'objects'
assert_at_least 20 "$(cached_objects | wc -l)" 'objects'
assert_contains "$(cached_objects)" 7
