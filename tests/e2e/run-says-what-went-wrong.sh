#!/bin/bash
# Under larder run, a failed open, and a failed stat of a name that no listing has, are explained on stderr: its name, the status and what to do.
. "$(dirname "$0")/../lib/lib.sh"

start_nginx 'location / { return 403; }'
demo_config
for program in cat stat; do
	said=$("$LARDER" run -- "$program" "$MOUNT/dir/x" 2>&1 >/dev/null) && fail "$program did not fail"
	assert_contains "$said" "$ORIGIN/demo/dir/x"
	assert_contains "$said" 403
done
