#!/bin/bash
# ".." above the top of a prefix is the real folder there, by a path, from the working directory and from a descriptor;
# what is written there is written there.
. "$(dirname "$0")/../lib/lib.sh"
requires python3
ORIGIN=file://$ORIGIN_DIR
mkdir -p "$ORIGIN_DIR/demo/sub" "$T/mnt/beside"
echo remote >"$ORIGIN_DIR/demo/f"
echo real >"$T/mnt/beside/f"
ln -s / "$T/mnt/link"
demo_config
larder_preload python3 - "$MOUNT" "$T/mnt" <<'END'
import os, sys
prefix, real = sys.argv[1:]
def read(path, **at):
    with os.fdopen(os.open(path, os.O_RDONLY, **at)) as f:
        return f.read()
assert read(prefix + '/../beside/f') == 'real\n'
assert read(prefix + '/sub/../../beside/f') == 'real\n'
assert os.stat(prefix + '/..').st_ino == os.stat(real).st_ino
fd = os.open(prefix, os.O_RDONLY)
assert read('../beside/f', dir_fd=fd) == 'real\n'
os.mkdir('../by-descriptor', dir_fd=fd)
os.chdir(prefix + '/sub')
assert read('../../beside/f') == open('../../beside/f').read() == 'real\n'
assert os.path.realpath('../..') == real
os.mkdir('../../by-cwd')
os.rename('../../beside/f', '../../beside/g')
try:
    os.rmdir('../..')
except OSError:
    pass
os.chdir('../..')
assert os.getcwd() == real, os.getcwd()
# Back into the prefix, but not by the folder that a symbolic link leads to, nor by one that is missing.
assert read('beside/../data/f') == 'remote\n'
for path in 'link/../data/f', 'missing/../data/f', 'beside/g/../../data/f':
    try:
        read(path)
        raise SystemExit(path + ' was opened')
    except (FileNotFoundError, NotADirectoryError):
        pass
END
assert_equal $'beside\nby-cwd\nby-descriptor\nlink' "$(ls "$T/mnt")" 'the folder above the prefix'
