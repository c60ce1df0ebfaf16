#!/bin/bash
# A name that the remote cannot have is an error of that name alone: the next objects are served.
. "$(dirname "$0")/../lib/lib.sh"
ORIGIN=file://$ORIGIN_DIR
mkdir -p "$ORIGIN_DIR/demo"
for i in 1 2 3 4; do echo "$i" >"$ORIGIN_DIR/demo/f$i"; done
demo_config
long=$(printf 'n%.0s' {1..256})
for i in 1 2 3 4; do
	if larder_preload cat "$MOUNT/$long$i" 2>/dev/null; then fail 'a name of 257 bytes was opened'; fi
	assert_equal "$i" "$(larder_preload cat "$MOUNT/f$i")"
done
