#!/bin/bash
# Objects of a folder that are read all at once do not make the cache larger than its size.
. "$(dirname "$0")/../lib/lib.sh"

for i in {1..40}; do make_file "tree/$i" 200000 "$i"; done
printf '%s\n' 'size = 1M' '[profile demo]' "remote = file://$T/tree" "path = $MOUNT" | write_config
printf "$MOUNT/%s\n" {1..40} >names
read -r largest _ looks < <(python3 "$LIB/sampler.py" "$CACHE" env LD_PRELOAD="$SHIM" xargs -a names -P 16 -n 1 -- sh -c 'sha256sum "$0" >>sums')
assert_equal 40 "$(wc -l <sums)" 'objects read'
assert_at_most 1100000 "$largest" 'bytes in the cache'
assert_at_least 2 "$looks" 'looks at the disk'
