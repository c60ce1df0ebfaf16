#!/bin/bash
# An object's extended attributes are its ETag and a version, by path and by descriptor, before and after the fill; asking for them downloads nothing.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/dir/x" 1000
make_file "$ORIGIN_DIR/demo/dir/y" 1000
write_manifest "$ORIGIN_DIR/demo"
start_nginx
demo_config
cat >ask.py <<'END'
import errno, os, sys
path, etag = sys.argv[1:]
names = ['user.larder.version', 'user.larder.etag']

def check(what):
    assert os.listxattr(what) == names, os.listxattr(what)
    assert os.getxattr(what, 'user.larder.etag').decode() == etag, os.getxattr(what, 'user.larder.etag')
    for name in 'user.larder.id', 'user.larder.validated', 'user.other', 'security.selinux', 'system.posix_acl_access':
        try:
            raise SystemExit('%s: %r' % (name, os.getxattr(what, name)))
        except OSError as e:
            assert e.errno in (errno.ENODATA, errno.EOPNOTSUPP), (name, e)
    return os.getxattr(what, 'user.larder.version')

version = check(path)
assert len(version) == 16 and int(version, 16) == os.stat(path).st_ino
if 'fill' in os.environ:
    fd = os.open(path, os.O_RDONLY)
    assert check(fd) == version == check(path)
END
etag=$(curl -sI "$ORIGIN/demo/dir/x" | tr -d '\r' | sed -n 's/^ETag: //p')
forget_requests
larder_preload python3 ask.py "$MOUNT/dir/x" "$etag"
assert_equal 0 "$(origin_requests '^GET /demo/dir/x ')" 'downloads'
fill=1 larder_preload python3 ask.py "$MOUNT/dir/x" "$etag"

# As getxattr(2) has it: no room asks for the length, too little is ERANGE.
larder_preload python3 - "$MOUNT/dir/x" "${#etag}" <<'END'
import ctypes, errno, os, sys
libc = ctypes.CDLL(None, use_errno=True)
path, n = sys.argv[1].encode(), int(sys.argv[2])
fd = os.open(path, os.O_RDONLY)
buf = ctypes.create_string_buffer(300)
for call, what in (libc.getxattr, path), (libc.lgetxattr, path), (libc.fgetxattr, fd):
    assert call(what, b'user.larder.etag', None, 0) == n
    assert call(what, b'user.larder.etag', buf, n) == n
    assert call(what, b'user.larder.etag', buf, n - 1) == -1 and ctypes.get_errno() == errno.ERANGE
    assert call(what, b'n' * 256, buf, 1) == -1 and ctypes.get_errno() == errno.ERANGE
for call, what in (libc.listxattr, path), (libc.llistxattr, path), (libc.flistxattr, fd):
    assert call(what, None, 0) == 37
    assert call(what, buf, 36) == -1 and ctypes.get_errno() == errno.ERANGE
    assert call(what, buf, 37) == 37 and buf[:37] == b'user.larder.version\0user.larder.etag\0'
END

# In a folder, which has none itself. Those that copy attributes do so, or do without.
stop_agent
rm -rf "$CACHE"
demo_config -- 'manifest = manifest.tsv'
larder_preload python3 - "$MOUNT/dir" <<'END'
import os, sys
folder = os.open(sys.argv[1], os.O_RDONLY)
assert os.listxattr(folder) == os.listxattr(sys.argv[1]) == []
assert os.listxattr(sys.argv[1] + '/y') == ['user.larder.version']
fd = os.open(sys.argv[1] + '/y', os.O_RDONLY)
assert os.listxattr(fd) == ['user.larder.version', 'user.larder.etag']
END
stop_agent
assert_equal "['user.larder.version', 'user.larder.etag']" \
	"$(larder_preload python3 -c 'import os, sys; print(os.listxattr(sys.argv[1]))' "$MOUNT/dir/y")" 'of a cached file'
larder_preload cp -a "$MOUNT/dir" copy
assert_same_file "$ORIGIN_DIR/demo/dir/x" copy/x
larder_preload tar --xattrs -C "$MOUNT" -cf t.tar dir
tar -xOf t.tar dir/x | cmp - "$ORIGIN_DIR/demo/dir/x"
if command -v rsync >/dev/null; then
	larder_preload rsync -aX "$MOUNT/dir" synced/
	assert_same_file "$ORIGIN_DIR/demo/dir/x" synced/dir/x
fi
