# shellcheck shell=bash
# shellcheck disable=SC2034 # what is not used here is for the tests
# For tests of what goes from a cache: objects of 300,000 bytes, of which a cache of 1 MiB has room for three, from a folder.
#
#	eviction_config [CACHE_SETTING…] [-- PROFILE_SETTING…]
#	reads NAME…          each is made unless it is there, and read; all are published when it returns
#	cached               names in the cache, in one line
ORIGIN=file://$ORIGIN_DIR
OBJECT=300000

eviction_config() { demo_config 'size = 1M' 'min_free = 0' "$@"; }

reads() {
	local name
	for name; do
		[ -e "$ORIGIN_DIR/demo/$name" ] || make_file "$ORIGIN_DIR/demo/$name" "$OBJECT" $((++SEED))
		assert_equal "$(digest "$ORIGIN_DIR/demo/$name")" "$(read_object "$MOUNT/$name")" "$name"
		# Each has a time of its own, and room is made before the next one.
		wait_until 30 is_settled "$name"
	done
}
SEED=0
is_settled() { [ "$(find "$CACHE/tmp" -type f ! -name '.*' | wc -l)" = 0 ]; }

cached() { cached_objects | xargs; }

# by_now WANTED: the cache holds these within 30 s.
by_now() {
	wait_until 30 holds "$1"
}
holds() { [ "$(cached)" = "$1" ]; }
