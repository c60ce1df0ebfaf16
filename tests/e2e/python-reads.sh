#!/bin/bash
# Python's open, pathlib, os.scandir, os.walk and mmap.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/dir/x" 100000
write_manifest "$ORIGIN_DIR/demo"
start_nginx
demo_config -- 'manifest = manifest.tsv'
larder_preload python3 - "$MOUNT" "$(digest "$ORIGIN_DIR/demo/dir/x")" <<'END'
import hashlib, mmap, os, pathlib, sys
top, wanted = sys.argv[1:]
path = top + '/dir/x'
def check(data): assert hashlib.sha256(data).hexdigest() == wanted
check(open(path, 'rb').read())
check(pathlib.Path(path).read_bytes())
with open(path, 'rb') as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view: check(view)
fd = os.open(top, os.O_RDONLY)
check(open(os.open('dir/x', os.O_RDONLY, dir_fd=fd), 'rb').read())
assert [(e.name, e.is_file(), e.stat().st_size) for e in os.scandir(top + '/dir')] == [('x', True, 100000)]
assert ('%s/dir' % top, [], ['x']) in list(os.walk(top))
assert sorted(p.name for p in pathlib.Path(top).rglob('x')) == ['x']
assert os.path.realpath(path) == path and os.path.getsize(path) == 100000
assert os.access(path, os.R_OK) and not os.access(path, os.W_OK) and not os.path.exists(path + 'y')
assert sorted(os.listdir(fd)) == sorted(os.listdir(top))
END
