#!/bin/bash
# A path below a file is ENOTDIR in every call once the folder was listed, and what ".." behind a missing folder would be is ENOENT.
. "$(dirname "$0")/../lib/lib.sh"
requires python3
ORIGIN=file://$ORIGIN_DIR
mkdir -p "$ORIGIN_DIR/demo" "$T/mnt"
echo remote >"$ORIGIN_DIR/demo/f"
demo_config
larder_preload python3 - "$MOUNT" "$T/mnt" <<'END'
import errno, os, sys
prefix, above = sys.argv[1:]
os.listdir(prefix)
def error_of(call, *args):
    try:
        call(*args)
        return 0
    except OSError as e:
        return e.errno
for call in os.stat, os.listdir, os.chdir, open, os.readlink:
    assert error_of(call, prefix + '/f/x') == errno.ENOTDIR, call
os.chdir(above)
for call in os.stat, os.listdir, os.chdir:
    assert error_of(call, 'missing/..') == errno.ENOENT, call
os.chdir(prefix)
END
