#!/bin/bash
# Objects of a folder that are read all at once do not make the cache larger than its size.
. "$(dirname "$0")/../lib/lib.sh"

for i in {1..40}; do make_file "tree/$i" 200000 "$i"; done
printf '%s\n' 'size = 1M' '[profile demo]' "remote = file://$T/tree" "path = $MOUNT" | write_config
largest=0
larder_preload xargs -P 16 -n 1 sha256sum >sums < <(printf "$MOUNT/%s\n" {1..40}) &
reader=$!
while kill -0 $reader 2>/dev/null; do
	bytes=$(find "$CACHE" -path '*/[dt]*/*' -type f -printf '%s\n' 2>/dev/null | awk '{ n += $1 } END { print n + 0 }') || continue
	[ "$bytes" -le "$largest" ] || largest=$bytes
	sleep 0.05
done
wait $reader
assert_equal 40 "$(wc -l <sums)" 'objects read'
assert_at_most 1100000 "$largest" 'bytes in the cache'
