#!/bin/bash
# A client that goes on believing that a name is absent asks its server before it downloads what another host has just published.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/liars.sh"

make_objects 5
start_nginx 'limit_rate 200k;'
demo_config 'object_connections = 1'
start_agent_on one here network absent=30000
start_agent_on two there network absent=30000
# The folder is there, so that it is the names in it that are absent.
read_by one "$MOUNT/4" >/dev/null
published() { [ "$(cached_objects)" = 4 ]; }
wait_until 20 published
(cd "$ORIGIN_DIR/demo" && sha256sum 0 1 2 3 | sort) >wanted
all_read 4 one two
assert_downloads 4 1
