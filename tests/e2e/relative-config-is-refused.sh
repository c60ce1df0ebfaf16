#!/bin/bash
# A relative LARDER_CONFIG would be another file in another folder: one line says so, and under the shim what is real works.
. "$(dirname "$0")/../lib/lib.sh"

ORIGIN=file://$ORIGIN_DIR
demo_config
export LARDER_CONFIG=larder.ini
assert_fails_with 'LARDER_CONFIG=larder.ini: not an absolute path' "$LARDER" ls "$MOUNT"
said=$("$LARDER" ls "$MOUNT" 2>&1) || true
assert_equal 1 "$(wc -l <<<"$said")" 'lines of the error'
echo real >real
assert_equal real "$(larder_preload cat real)"
# A file that is named for one command alone may be.
unset LARDER_CONFIG
assert_contains "$("$LARDER" config --file larder.ini)" "$CACHE"
