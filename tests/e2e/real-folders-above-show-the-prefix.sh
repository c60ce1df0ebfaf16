#!/bin/bash
# The listing of a real folder above a prefix has the disk's names and the prefix, once.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/x" 1000
write_manifest "$ORIGIN_DIR/demo"
start_nginx
demo_config -- 'manifest = manifest.tsv'
mkdir "$T/mnt" && : >"$T/mnt/beside"
assert_equal $'beside\ndata' "$(larder_preload ls "$T/mnt")"
assert_equal $'beside\ndata' "$(cd "$T/mnt" && larder_preload ls)"
assert_equal "$T/mnt $T/mnt/beside $T/mnt/data $T/mnt/data/x" "$(larder_preload find "$T/mnt" | sort | xargs)"
larder_preload python3 -c '
import os, sys
d = sys.argv[1]
assert sorted(os.listdir(d)) == ["beside", "data"]
fd = os.open(d, os.O_RDONLY)
assert sorted(os.listdir(fd)) == ["beside", "data"]
assert [(e.name, e.is_dir(), e.stat().st_ino == e.inode()) for e in os.scandir(d)][-1] == ("data", True, True)
' "$T/mnt"
mkdir "$T/mnt/data"
assert_equal $'beside\ndata' "$(larder_preload ls "$T/mnt")"
