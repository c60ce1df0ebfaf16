#!/bin/bash
# A file:// remote whose file system hangs ends with an error after stall_timeout, for downloads, questions and listings; meanwhile other
# remotes are served as ever, though it is asked for far more than there are workers.
. "$(dirname "$0")/../lib/own-mounts.sh"
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/away.sh"

make_file "$ORIGIN_DIR/demo/x" 300000 1
mkdir -p "$T/store"
for i in {1..40}; do make_file "$T/store/$i" 10000 "$i"; done
start_nginx
REAL=$CACHE CACHE=$T/hung
mount_sshfs
CACHE=$REAL
demo_config 'stall_timeout = 3s' 'retries = 0' -- '[profile hung]' "remote = file://$T/hung" "path = $T/mnt/hung"
assert_equal "$(digest "$T/store/1")" "$(read_object "$T/mnt/hung/1")"
kill -STOP "$SSHFS_SERVER"
for i in {2..40}; do
	larder_preload timeout 40 cat "$T/mnt/hung/$i" >/dev/null 2>>errors &
	readers[i]=$!
done
larder_preload timeout 40 ls "$T/mnt/hung" >/dev/null 2>>errors &
readers[41]=$!
assert_served_soon x
for i in {2..41}; do
	status=0
	wait "${readers[i]}" || status=$?
	if [ "$status" = 0 ] || [ "$status" -ge 124 ]; then fail "reader $i ended with $status: $(tail -n 3 errors)"; fi
done
assert_contains "$(cat errors)" 'Input/output error'
kill -CONT "$SSHFS_SERVER"
wait_until 60 eval '[ "$(read_object "$T/mnt/hung/2" 2>/dev/null)" = "$(digest "$T/store/2")" ]'
stop_agent
