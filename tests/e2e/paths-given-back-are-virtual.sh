#!/bin/bash
# A path in the cache that the kernel gives back reads as the virtual one, and what is beside it is found.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/dir/x" 1000
make_file "$ORIGIN_DIR/demo/dir/y" 2000
write_manifest "$ORIGIN_DIR/demo"
start_nginx
demo_config -- 'manifest = manifest.tsv'
larder_preload cat "$MOUNT/dir/x" >/dev/null
larder_preload python3 -c '
import glob, os, sys
virtual, cache = sys.argv[1:]
fd = os.open(virtual, os.O_RDONLY)
assert os.readlink(f"/proc/self/fd/{fd}") == virtual, os.readlink(f"/proc/self/fd/{fd}")
assert os.path.realpath(f"/proc/self/fd/{fd}") == virtual
assert os.readlink(f"fd/{fd}", dir_fd=os.open("/proc/self", os.O_RDONLY)) == virtual
# A sibling that is not cached.
[real] = glob.glob(f"{cache}/data/demo~*/dir/x")
assert os.stat(os.path.dirname(real) + "/y").st_size == 2000
with open(os.path.dirname(real) + "/y", "rb") as f:
    assert len(f.read()) == 2000
' "$MOUNT/dir/x" "$CACHE"
# The kernel's names of the cache and the runtime folder have no links on their way, the configuration's may.
ln -s "$T" way
export XDG_RUNTIME_DIR=$T/way/run
sed -i "s|^location *=.*|location = $T/way/cache|" larder.ini
grep -q "location = $T/way/cache" larder.ini
larder_preload python3 -c '
import os, sys
virtual = sys.argv[1]
fd = os.open(virtual, os.O_RDONLY)
assert os.readlink(f"/proc/self/fd/{fd}") == virtual, os.readlink(f"/proc/self/fd/{fd}")
os.chdir(os.path.dirname(virtual))
assert os.getcwd() == os.path.dirname(virtual), os.getcwd()
assert os.stat("y").st_size == 2000
assert os.stat("y", dir_fd=os.open(".", os.O_RDONLY)).st_size == 2000
' "$MOUNT/dir/x"
