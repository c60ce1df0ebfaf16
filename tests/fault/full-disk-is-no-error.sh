#!/bin/bash
# Where the cache's disk is full, objects are read all the same, whether their length is known or not.
if [ "${OWN_MOUNTS:-}" != 1 ]; then
	if ! unshare -m mount -t tmpfs none /mnt 2>/dev/null; then
		echo 'skipped: needs root, to mount a small disk'
		exit 77
	fi
	exec env OWN_MOUNTS=1 unshare -m "$BASH" "$0"
fi
. "$(dirname "$0")/../lib/lib.sh"

requires_lua
mkdir "$CACHE"
mount -t tmpfs -o size=2M none "$CACHE"
for i in 1 2 3 4; do make_file "$ORIGIN_DIR/demo/$i" 1500000 "$i"; done
start_nginx 'location = /demo/4 { content_by_lua_block {
	local f = io.open(ngx.var.document_root .. ngx.var.uri, "rb") ngx.print(f:read("*a")) f:close() } }'
demo_config
for i in 1 2 3 4; do assert_equal "$(digest "$ORIGIN_DIR/demo/$i")" "$(read_object "$MOUNT/$i")" "object $i"; done
stop_agent
umount "$CACHE"
