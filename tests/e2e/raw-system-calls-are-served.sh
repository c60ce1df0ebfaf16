#!/bin/bash
# syscall() is served as the functions of libc are: openat2 reads, getcwd says the virtual path, nothing writes at the prefix on
# the disk, and a call that has nothing to do with it still works.
. "$(dirname "$0")/../lib/lib.sh"
requires python3
[ "$(uname -m)" = x86_64 ] || { echo "$TEST: skipped: the numbers are those of x86_64" && exit "$SKIP"; }
ORIGIN=file://$ORIGIN_DIR
mkdir -p "$ORIGIN_DIR/demo/sub" "$MOUNT"
echo remote >"$ORIGIN_DIR/demo/f"
echo real >real
demo_config
larder_preload python3 - "$MOUNT" <<'END'
import ctypes, errno, os, struct, sys
prefix = sys.argv[1].encode()
libc = ctypes.CDLL(None, use_errno=True)
NR = dict(openat2=437, getcwd=79, linkat=265, symlinkat=266, mknodat=259, truncate=76, symlink=88, utimensat=280, setxattr=188)
AT_FDCWD = ctypes.c_long(-100)
def call(name, *args):
    ctypes.set_errno(0)
    ret = libc.syscall(ctypes.c_long(NR[name]), *args)
    return ret if ret >= 0 else -ctypes.get_errno()
def how(flags):
    return struct.pack('QQQ', flags, 0o600 if flags & os.O_CREAT else 0, 0)
fd = call('openat2', AT_FDCWD, prefix + b'/f', how(os.O_RDONLY), ctypes.c_long(24))
assert os.read(fd, 9) == b'remote\n'
os.close(fd)
assert call('openat2', AT_FDCWD, prefix + b'/new', how(os.O_CREAT | os.O_WRONLY), ctypes.c_long(24)) == -errno.EROFS
assert call('symlink', b'x', prefix + b'/new') == -errno.EROFS
assert call('symlinkat', b'x', AT_FDCWD, prefix + b'/new') == -errno.EROFS
assert call('mknodat', AT_FDCWD, prefix + b'/new', ctypes.c_long(0o100600), ctypes.c_long(0)) == -errno.EROFS
assert call('linkat', AT_FDCWD, b'real', AT_FDCWD, prefix + b'/new', ctypes.c_long(0)) == -errno.EROFS
assert call('truncate', prefix + b'/f', ctypes.c_long(0)) == -errno.EROFS
fd = os.open('real', os.O_RDWR)
assert call('utimensat', ctypes.c_long(fd), None, None, ctypes.c_long(0)) == 0
os.chdir(prefix + b'/sub')
buf = ctypes.create_string_buffer(4096)
assert call('getcwd', buf, ctypes.c_long(4096)) == len(prefix) + 5
assert buf.value == prefix + b'/sub', buf.value
END
assert_equal '' "$(ls -A "$MOUNT")" 'what is on the disk at the prefix'
