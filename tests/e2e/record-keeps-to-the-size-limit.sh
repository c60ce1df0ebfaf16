#!/bin/bash
# A program that may not make its record longer gets an error, and no signal.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/x" 10
ORIGIN=file://$ORIGIN_DIR
demo_config
read_object "$MOUNT/x" >/dev/null
cat >program.py <<END
import errno, resource
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
opens = 0
try:
    while opens < 100:
        open("$MOUNT/x").close()
        opens += 1
except OSError as e:
    print(errno.errorcode[e.errno], opens > 0)
END
assert_equal 'EFBIG True' "$("$LARDER" run --record record -- python3 program.py 2>/dev/null)"
[ -s record ] || fail 'there is no record'
