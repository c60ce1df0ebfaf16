#!/bin/bash
# A name that the remote cannot have is an error of that name alone, the one that a disk gives: the next objects are served.
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
assert_fails_with 'File name too long' larder_preload cat "$MOUNT/${long}4"
assert_fails_with 'File name too long' larder_preload ls "$MOUNT/${long}4/x"
larder_preload ls "$MOUNT" >/dev/null
assert_fails_with 'File name too long' larder_preload stat "$MOUNT/${long}4"
assert_fails_with 'No such file' larder_preload stat "$MOUNT/${long:1}"
