#!/bin/bash
# From a virtual working directory, where paths need most, no call takes more than 8 KiB of stack, so that small threads and signal stacks do.
. "$(dirname "$0")/../lib/lib.sh"
requires cc

export ORIGIN=file://$ORIGIN_DIR
make_file "$ORIGIN_DIR/demo/f" 10
make_file "$ORIGIN_DIR/demo/d/g" 10
demo_config
cc -O1 -w -D_GNU_SOURCE -o stack "$SOURCE/tests/lib/stack.c"
larder_preload ./stack "$MOUNT" 8192 >needs || fail "more than 8192 bytes: $(cat needs)"
LARDER_RECORD=$T/record larder_preload ./stack "$MOUNT" 8192 >needs || fail "more than 8192 bytes while it is recorded: $(cat needs)"
assert_at_least 1 "$(wc -l <record)" 'opens that were recorded'
larder_preload ./stack "$MOUNT" 512 >needs && fail 'it cannot fail'
assert_at_least 16 "$(wc -l <needs)" 'calls that were measured'
