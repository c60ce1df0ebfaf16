#!/bin/bash
# On a file system without attributes ETags, times and identities are kept all the same: an object that did not change is revalidated and
# not downloaded again, by another host too, and fstat shows what stat shows.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/liars.sh"

make_objects 2
start_nginx
demo_config 'ttl = 1s'
start_agent_on one here network noxattrs
start_agent_on two there network noxattrs
all_read 2 one
assert_equal '' "$(getfattr -d -m user.larder "$CACHE"/data/*/0 2>/dev/null)" 'attributes'
sleep 2.1
all_read 2 two
sleep 2.1
all_read 2 one
assert_downloads 2 1
assert_at_least 2 "$(origin_requests '^GET /demo/. 304')" 'revalidations'
shown() { by one larder_preload python3 -c 'import os, sys; s = os.stat(sys.argv[1]); f = os.fstat(os.open(sys.argv[1], os.O_RDONLY)); print(s == f, s, f)' "$MOUNT/0"; }
assert_contains "$(shown)" 'True '
