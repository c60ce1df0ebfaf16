#!/bin/bash
# Sixteen processes that open the same cold object cause one download: one GET for one part, each byte once for many.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/one" 1000000
make_file "$ORIGIN_DIR/demo/many" 20000000
start_nginx
demo_config 'part_size = 4M'
for key in one many; do
	wanted=$(digest "$ORIGIN_DIR/demo/$key")
	readers=()
	for i in {1..16}; do
		read_object "$MOUNT/$key" >"$T/digest.$i" &
		readers+=($!)
	done
	for pid in "${readers[@]}"; do wait "$pid" || fail "a reader of $key failed"; done
	for i in {1..16}; do assert_equal "$wanted" "$(cat "$T/digest.$i")" "digest of $key"; done
done
assert_equal 1 "$(origin_requests '^GET /demo/one ')" 'GETs of one part'
assert_equal 20000000 "$(origin_bytes '^GET /demo/many ')" 'bytes of many parts'
