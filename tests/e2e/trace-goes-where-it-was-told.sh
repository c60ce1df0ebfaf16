#!/bin/bash
# The trace goes to stderr or is appended to the file that LARDER_TRACE names, never to stdout, and never to a descriptor that is
# not stderr; no descriptor is kept; a reader that left, or a value that means nothing, does the program no harm.
. "$(dirname "$0")/../lib/lib.sh"

requires python3
ORIGIN=file://$ORIGIN_DIR
mkdir -p "$ORIGIN_DIR/demo"
echo remote >"$ORIGIN_DIR/demo/f"
demo_config
line="open \"$MOUNT/f\" = "

assert_equal remote "$(LARDER_TRACE=1 larder_preload cat "$MOUNT/f" 2>said)" 'stdout'
assert_contains "$(cat said)" "$line"
for value in '' 0; do
	LARDER_TRACE=$value larder_preload cat "$MOUNT/f" >/dev/null 2>said
	assert_equal '' "$(cat said)" "stderr with LARDER_TRACE='$value'"
done

for _ in 1 2; do LARDER_TRACE=$T/file larder_preload cat "$MOUNT/f" >/dev/null 2>said; done
assert_equal '' "$(cat said)" 'stderr with a file'
assert_equal 2 "$(grep -cF "$line" file)" 'lines in the file'
LARDER_TRACE=$T/file larder_preload bash -c 'for i in 1 2 3 4 5; do cat "$0" & done; wait' "$MOUNT/f" >/dev/null
assert_equal 7 "$(grep -cE '^larder [0-9]+ open ".*/f" = [0-9]+ (hit|miss) [0-9]+us$' file)" 'lines of five at once'

# With stderr closed, the program's own file becomes number 2.
LARDER_TRACE=1 larder_preload python3 -c "import os, sys
assert os.open('own', os.O_WRONLY | os.O_CREAT) == 2
os.write(2, b'own')
os.stat(sys.argv[1])" "$MOUNT/f" 2>&-
assert_equal own "$(cat own)" "the program's own file"
LARDER_TRACE=$T/file larder_preload ls /proc/self/fd >held
ls /proc/self/fd >free
assert_equal "$(wc -l <free)" "$(wc -l <held)" 'descriptors of a traced program'

# Nobody reads stderr: the program still ends as it would.
LARDER_TRACE=1 larder_preload bash -c 'sleep 0.2; cat "$0" "$0"; exit 7' "$MOUNT/f" 2> >(exec 0<&-) >out || status=$?
assert_equal 7 "${status:-0}" status
assert_equal 2 "$(wc -l <out)" 'what it wrote'

for value in 2 relative.log stack1; do
	assert_equal remote "$(LARDER_TRACE=$value larder_preload cat "$MOUNT/f" 2>said)" "LARDER_TRACE=$value"
	assert_contains "$(cat said)" "LARDER_TRACE \"$value\": "
done
[ ! -e relative.log ] || fail 'a relative name made a file'
mkdir -p "$MOUNT"
assert_equal remote "$(LARDER_TRACE=$MOUNT/trace larder_preload cat "$MOUNT/f" 2>said)" 'a file in a prefix'
assert_contains "$(cat said)" 'is a virtual path'
assert_equal '' "$(ls -A "$MOUNT")" 'what is on the disk at the prefix'
assert_equal remote "$(LARDER_TRACE=/none/file larder_preload cat "$MOUNT/f" 2>said)" 'a file that cannot be made'
assert_equal '' "$(cat said)"
