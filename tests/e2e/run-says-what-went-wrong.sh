#!/bin/bash
# Under larder run, a failed object is explained on stderr: its name, the status and what to do.
. "$(dirname "$0")/../lib/lib.sh"

start_nginx 'location / { return 403; }'
demo_config
said=$("$LARDER" run -- cat "$MOUNT/dir/x" 2>&1 >/dev/null) && fail 'did not fail'
assert_contains "$said" "$ORIGIN/demo/dir/x"
assert_contains "$said" 403
