#!/bin/bash
# A prefix is in a read-only file system, by path and by descriptor alike; limits, keys, handles and watches are those of what exists.
. "$(dirname "$0")/../lib/lib.sh"

ORIGIN=file://$ORIGIN_DIR
make_file "$ORIGIN_DIR/demo/dir/x" 1000
demo_config
larder_preload python3 - "$MOUNT" "$CACHE" <<'END'
import ctypes, errno, os, sys
prefix, cache = sys.argv[1:]
libc = ctypes.CDLL(None, use_errno=True)
file, folder = prefix + '/dir/x', prefix + '/dir'

def fails_with(want, call, *args):
    try:
        got = call(*args)
    except OSError as e:
        assert e.errno == want, (call, args, e)
        return
    raise SystemExit('%r%r: %r' % (call, args, got))

def c(name, *args):
    ctypes.set_errno(0)
    ret = getattr(libc, name)(*args)
    if ret == -1 and ctypes.get_errno():
        raise OSError(ctypes.get_errno(), name)
    return ret

for path in file, folder, prefix:
    fd = os.open(path, os.O_RDONLY)
    by_path, by_fd = os.statvfs(path), os.statvfs(fd)
    assert by_path.f_flag & os.ST_RDONLY and by_fd.f_flag & os.ST_RDONLY, path
    assert by_path.f_blocks == by_fd.f_blocks == os.statvfs(cache).f_blocks, path
    assert by_path.f_fsid == by_fd.f_fsid, path
    assert os.pathconf(path, 'PC_NAME_MAX') == 255
    assert os.pathconf(path, 'PC_ASYNC_IO') == os.pathconf('/', 'PC_ASYNC_IO')
    os.close(fd)
for missing, want in (prefix + '/none', errno.ENOENT), (file + '/x', errno.ENOTDIR):
    fails_with(want, os.statvfs, missing)
    fails_with(want, os.pathconf, missing, 'PC_NAME_MAX')
    fails_with(want, c, 'ftok', missing.encode(), 1)
fails_with(errno.EINVAL, os.pathconf, file, 1000)

st = os.stat(file)
key = (st.st_ino & 0xffff) | (st.st_dev & 0xff) << 16 | 0xc7 << 24
assert c('ftok', file.encode(), 0xc7) & 0xffffffff == key
fails_with(errno.EOPNOTSUPP, c, 'name_to_handle_at', -100, file.encode(), ctypes.create_string_buffer(64), ctypes.byref(ctypes.c_int()), 0)
fails_with(errno.ENOENT, c, 'name_to_handle_at', -100, (file + 'y').encode(), ctypes.create_string_buffer(64), ctypes.byref(ctypes.c_int()), 0)

IN_ALL, IN_ONLYDIR = 0xfff, 0x1000000
watcher = c('inotify_init1', os.O_NONBLOCK)
assert c('inotify_add_watch', watcher, file.encode(), IN_ALL) > 0
assert c('inotify_add_watch', watcher, folder.encode(), IN_ALL | IN_ONLYDIR) > 0
fails_with(errno.ENOTDIR, c, 'inotify_add_watch', watcher, file.encode(), IN_ALL | IN_ONLYDIR)
fails_with(errno.ENOENT, c, 'inotify_add_watch', watcher, (file + 'y').encode(), IN_ALL)
fails_with(errno.EINVAL, c, 'inotify_add_watch', watcher, file.encode(), 0)
fails_with(errno.EBADF, c, 'inotify_add_watch', 1000, file.encode(), IN_ALL)
os.listdir(folder)
open(file, 'rb').read()
fails_with(errno.EAGAIN, os.read, watcher, 4096)
END
assert_equal "$(stat -f -c %b "$CACHE")" "$(larder_preload stat -f -c %b "$MOUNT/dir/x")" 'blocks'
larder_preload df --output=target "$MOUNT/dir" >/dev/null
