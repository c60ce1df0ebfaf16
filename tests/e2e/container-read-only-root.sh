#!/bin/bash
# With nothing writable but the runtime folder and the cache, objects are fetched and served.
. "$(dirname "$0")/../lib/lib.sh"
requires_unshare -rm
start_nginx
make_file "$ORIGIN_DIR/demo/sub/x" 3000000
write_manifest "$ORIGIN_DIR/demo"
mkdir "$CACHE"
demo_config -- 'manifest = manifest.tsv'

# shellcheck disable=SC2016 # for the inner shell
read_only() {
	env -u HOME TMPDIR=/no/such/folder unshare -rm bash -euc '
		for dir in "$1" "$2"; do mount --bind "$dir" "$dir"; done
		while read -r _ at _; do # those below too
			case $at in / | "$1" | "$2" | /proc* | /sys* | /dev*) ;; *) mount -o remount,bind,ro "$at" 2>/dev/null || true ;; esac
		done </proc/mounts
		mount -o remount,bind,ro /
		shift 2
		! touch "$0" 2>/dev/null || exit 99
		"$@"' "$T/proof" "$XDG_RUNTIME_DIR" "$CACHE" "$@"
}

: >proof
assert_equal sub "$(read_only env LD_PRELOAD="$SHIM" ls "$MOUNT")" 'the listing'
assert_equal "$(digest "$ORIGIN_DIR/demo/sub/x")  -" "$(read_only env LD_PRELOAD="$SHIM" cat "$MOUNT/sub/x" | sha256sum)" 'cold'
forget_requests
assert_equal "$(digest "$ORIGIN_DIR/demo/sub/x")  -" "$(read_only env LD_PRELOAD="$SHIM" cat "$MOUNT/sub/x" | sha256sum)" 'warm'
assert_equal 0 "$(origin_requests)" 'requests when warm'
