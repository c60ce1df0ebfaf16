#!/bin/bash
# A program that changes its environment, credentials too, before it reads its first object still gets an agent.
. "$(dirname "$0")/../lib/lib.sh"
requires python3
ORIGIN=file://$ORIGIN_DIR
mkdir -p "$ORIGIN_DIR/demo"
echo remote >"$ORIGIN_DIR/demo/f"
demo_config
change_and_read='
import os, sys
os.environ["AWS_ACCESS_KEY_ID"] = "changed"
del os.environ["HOME"]
print(open(sys.argv[1]).read(), end="")'
assert_equal remote "$(larder_preload python3 -c "$change_and_read" "$MOUNT/f")"
