#!/bin/bash
# Programs that read folders by the number of getdents see what others see, and share the position with whoever shares the descriptor.
. "$(dirname "$0")/../lib/lib.sh"
requires cc

ORIGIN=file://$ORIGIN_DIR
mkdir -p "$ORIGIN_DIR/demo/dir/sub"
for ((i = 0; i < 300; i++)); do : >"$ORIGIN_DIR/demo/dir/file-$i"; done
: >"$ORIGIN_DIR/demo/dir/$(printf 'n%.0s' {1..255})"
: >"$ORIGIN_DIR/demo/dir/sub/x"
demo_config
cc -O -Wall -D_GNU_SOURCE -o dents "$SOURCE/tests/lib/dents.c"
./dents "$ORIGIN_DIR/demo/dir" | LC_ALL=C sort >local
larder_preload ./dents "$MOUNT/dir" | LC_ALL=C sort >virtual
assert_same_file local virtual
larder_preload ./dents "$ORIGIN_DIR/demo/dir" | LC_ALL=C sort >passed
assert_same_file local passed
