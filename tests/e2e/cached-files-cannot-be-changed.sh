#!/bin/bash
# A descriptor of a cached file changes nothing, for root neither: no mode, times or attributes, and no new open for writing.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/x" 1000
ORIGIN=file://$ORIGIN_DIR
demo_config
refused() { # WHAT PYTHON: what python does with descriptor fd is EROFS
	assert_equal 30 "$(larder_preload python3 -c "
import ctypes, fcntl, os, struct, sys
def c(name, *args):
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*args) == -1:
        raise OSError(ctypes.get_errno(), name)
fd = os.open(sys.argv[1], os.O_RDONLY)
try:
    $2
    print(0)
except OSError as e:
    print(e.errno)" "$MOUNT/x")" "$1"
}
refused fchmod 'os.fchmod(fd, 0o600)'
refused fchown 'os.fchown(fd, 0, 0)'
refused futimens 'os.utime(fd, (1, 1))'
refused fsetxattr 'os.setxattr(fd, "user.larder.etag", b"x")'
refused fchattr 'fcntl.ioctl(fd, 0x40086602, struct.pack("l", 0x10))'
refused 'fchownat of a descriptor' 'c("fchownat", fd, b"", 0, 0, 0x1000)'
refused 'fchownat of an O_PATH' 'c("fchownat", os.open(sys.argv[1], os.O_PATH), b"", 0, 0, 0x1000)'
refused 'utimensat of a descriptor' 'c("utimensat", fd, b"", None, 0x1000)'
refused 'chmod of a number' 'os.chmod(f"/proc/self/fd/{fd}", 0o600)'
refused 'chmod of an O_PATH by its number' 'os.chmod("/proc/self/fd/%d" % os.open(sys.argv[1], os.O_PATH), 0o600)'
refused 'chmod of a folder by its number' 'os.chmod("/proc/self/fd/%d" % os.open(os.path.dirname(sys.argv[1]), os.O_RDONLY), 0o700)'
refused 'chown of a number' 'os.chown(f"/dev/fd/{fd}", 0, 0)'
refused 'truncate of a number' 'os.truncate(f"/proc/self/fd/{fd}", 0)'
refused 'truncate of a number of this thread' 'os.truncate(f"/proc/thread-self/fd/{fd}", 0)'
refused 'utime of a number' 'os.utime(f"/proc/self/fd/{fd}", (1, 1))'
refused 'setxattr of a number' 'os.setxattr(f"/proc/self/fd/{fd}", "user.larder.etag", b"x")'
refused /proc/self/fd 'os.open(f"/proc/self/fd/{fd}", os.O_RDWR)'
refused /dev/fd 'open(f"/dev/fd/{fd}", "w")'
# What needs a descriptor for writing has none; a lock changes nothing.
fails() { # ERRNO PYTHON
	assert_equal "$1" "$(larder_preload python3 -c "
import fcntl, os, sys
fd = os.open(sys.argv[1], os.O_RDONLY)
try:
    $2
    print(0)
except OSError as e:
    print(e.errno)" "$MOUNT/x")" "$2"
}
fails 22 'os.ftruncate(fd, 0)'
fails 9 'os.posix_fallocate(fd, 0, 2000)'
fails 9 'os.copy_file_range(os.open("/etc/passwd", os.O_RDONLY), fd, 10)'
fails 9 'os.write(fd, b"x")'
fails 0 'fcntl.flock(fd, fcntl.LOCK_EX)'
# No hard link of it appears outside either.
fails 18 'os.link(f"/proc/self/fd/{fd}", os.path.dirname(sys.argv[1]) + "/../../linked", follow_symlinks=True)'
[ ! -e linked ] || fail 'a link of the cached file'
assert_equal "$(digest "$ORIGIN_DIR/demo/x")" "$(read_object "$MOUNT/x")"
