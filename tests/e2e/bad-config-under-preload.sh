#!/bin/bash
# With a bad configuration the bare preload leaves everything real alone, says nothing, and fails virtual paths with EIO.
. "$(dirname "$0")/../lib/lib.sh"

start_nginx
demo_config -- 'colour = blue'
echo real >real
assert_equal real "$(larder_preload cat real 2>&1)"
assert_fails_with 'Input/output error' larder_preload cat s3://bucket/key
assert_fails_with 'Input/output error' larder_preload cat "$MOUNT/x"
