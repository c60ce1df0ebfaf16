#!/bin/bash
# A working set ten times the size of the cache, filled 32 objects at a time from a server with and one without ranges, never takes more of the
# disk than the size and the parts in flight; all of it is read.
. "$(dirname "$0")/../lib/lib.sh"

for i in {1..100}; do make_file "$ORIGIN_DIR/demo/$i" 400000 "$i"; done
ln -s demo "$ORIGIN_DIR/whole"
start_nginx 'location /whole/ { max_ranges 0; }'
demo_config 'size = 4M' 'part_size = 64K' 'object_connections = 2'
printf '%s\n' '[profile whole]' "remote = $ORIGIN/whole" "path = $MOUNT-whole" >>"$LARDER_CONFIG"
(cd "$ORIGIN_DIR/demo" && seq 100 | xargs sha256sum) >wanted
for folder in "$MOUNT" "$MOUNT-whole"; do
	read -r bytes _ looks < <(python3 "$LIB/sampler.py" "$CACHE" env LD_PRELOAD="$SHIM" bash -c \
		"seq -f '$folder/%g' 100 | xargs -P 32 -n 1 sha256sum >got")
	sed -i "s,$folder/,," got
	sort -k 2n -o got got
	assert_same_file wanted got
	assert_at_least 5 "$looks" 'looks at the disk'
	assert_at_least 2000000 "$bytes" 'bytes in the cache'
	assert_at_most $((4 * 1024 * 1024 + 32 * 64 * 1024)) "$bytes" 'bytes in the cache'
done
