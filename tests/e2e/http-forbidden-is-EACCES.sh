#!/bin/bash
# A refusal by the remote is EACCES, at once.
. "$(dirname "$0")/../lib/lib.sh"

start_nginx 'location / { return 403; }'
demo_config
assert_fails_with 'Permission denied' larder_preload cat "$MOUNT/x"
assert_at_most 2 "$(origin_requests)" requests
