#!/bin/bash
# Folders whose last object was evicted go with it.
. "$(dirname "$0")/../lib/lib.sh"

for i in {1..8}; do make_file "$ORIGIN_DIR/demo/$i/deep/x" 300000 "$i"; done
start_nginx
demo_config 'size = 1M'
for i in {1..8}; do read_object "$MOUNT/$i/deep/x" >/dev/null; done
stop_agent
assert_equal '' "$(find "$CACHE/data" -mindepth 1 -type d -empty)" 'empty folders'
