#!/bin/bash
# A remote that cannot be reached is EIO, after the retries; never a hang.
. "$(dirname "$0")/../lib/lib.sh"

ORIGIN=http://127.0.0.1:$(guess_port)
demo_config
SECONDS=0
assert_fails_with 'Input/output error' timeout 30 env LD_PRELOAD="$SHIM" cat "$MOUNT/x"
assert_fails_with 'Input/output error' larder_preload ls "$MOUNT/x"
assert_at_most 20 $SECONDS seconds
