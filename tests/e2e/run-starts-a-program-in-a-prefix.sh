#!/bin/bash
# larder run starts a program that is itself an object: it gets its arguments as they are and is the process that larder waits for;
# one that is missing is 127, and one that is not executable 126.
. "$(dirname "$0")/../lib/lib.sh"

ORIGIN=file://$ORIGIN_DIR
mkdir -p "$ORIGIN_DIR/demo/a=b"
cp /usr/bin/printf "$ORIGIN_DIR/demo/a=b/tool"
# shellcheck disable=SC2016 # for the script
printf '#!/bin/sh\nkill -TERM $$\n' >"$ORIGIN_DIR/demo/script"
echo text >"$ORIGIN_DIR/demo/data"
chmod +x "$ORIGIN_DIR/demo/a=b/tool" "$ORIGIN_DIR/demo/script"
demo_config
assert_equal '<a b><><-n><*>' "$("$LARDER" run -- "$MOUNT/a=b/tool" '<%s>' 'a b' '' -n '*')"
status=0
"$LARDER" run -- "$MOUNT/script" || status=$?
assert_equal 143 $status 'ended by a signal'
status=0
"$LARDER" run -- "$MOUNT/none" 2>said || status=$?
assert_equal 127 $status 'missing'
assert_contains "$(cat said)" "$MOUNT/none"
status=0
"$LARDER" run -- "$MOUNT/data" 2>/dev/null || status=$?
assert_equal 126 $status 'not executable'
