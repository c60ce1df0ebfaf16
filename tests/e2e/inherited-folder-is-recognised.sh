#!/bin/bash
# A program that inherits the descriptor of a virtual folder reads through it, by its number and by name.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/dir/x" 1000
write_manifest "$ORIGIN_DIR/demo"
start_nginx
demo_config -- 'manifest = manifest.tsv'
cat >child.py <<'EOP'
import os
assert os.listdir(7) == ["x"], os.listdir(7)
assert os.stat("x", dir_fd=7).st_size == 1000
assert os.fstat(7).st_mode == 0o40555
assert len(os.read(os.open("x", os.O_RDONLY, dir_fd=7), 2000)) == 1000
os.fchdir(7)
assert os.listdir(".") == ["x"]
EOP
larder_preload bash -c "exec 7<'$MOUNT/dir'; exec python3 child.py"
assert_equal x "$(larder_preload bash -c "exec 7<'$MOUNT/dir'; ls /proc/self/fd/7/")"
assert_equal "1000 $MOUNT/dir" "$(larder_preload bash -c "exec 7<'$MOUNT/dir'; stat -c %s /dev/fd/7/x | xargs echo -n; echo -n ' '; readlink /proc/self/fd/7")"
