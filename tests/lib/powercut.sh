# shellcheck shell=bash
# Cuts of the power in the middle of fills: snapshots of the disk under a cache, which are mounted again. After lib.sh, as root in a mount namespace of its own.
#
#	powercut_begin ext4|xfs [,OPTIONS]; powercut_fill; powercut_snap N…; powercut_check N; powercut_end
#
# The cache's file system is an image on another one, XFS with reflinks: a clone of the image is what is on the disk at one instant, all that
# was written later or not yet is missing. Disks that write back in another order than they were told to are not shown.
POWER=$T/power

powercut_exit() {
	local status=$?
	umount -l "$T/after" "$T/disk" "$POWER" 2>/dev/null || true
	set +e
	(exit $status)
	at_exit
}

powercut_requires() {
	requires mkfs.xfs mkfs.ext4 losetup jq
	trap powercut_exit EXIT
	mkdir "$POWER"
	truncate -s 3G outer
	mkfs.xfs -q -m reflink=1 outer
	mount -o loop outer "$POWER" 2>/dev/null || { echo "$TEST: skipped: no loop device can be mounted" && exit "$SKIP"; }
}

powercut_begin() {
	local kind=$1
	rm -f "$POWER/disk" && truncate -s 400M "$POWER/disk"
	"mkfs.$kind" -q "$POWER/disk"
	mkdir -p "$T/disk"
	mount -o "loop${2:-}" "$POWER/disk" "$T/disk"
	CACHE=$T/disk/cache
}

agent_listens() { [ -S "$(echo "$XDG_RUNTIME_DIR"/larder/*/agent.sock)" ]; }

# Many small objects and a large one, in the background; the pid is in FILLING.
powercut_fill() {
	demo_config 'part_size = 1M' 'size = 1G' -- 'manifest = manifest.tsv'
	if [ "${UNSYNCED:-0}" = 1 ]; then
		LD_PRELOAD=libeatmydata.so "$LARDER" agent >agent.log 2>&1 &
		wait_until 60 agent_listens
	fi
	"$LARDER" warm -q -j 2 "$MOUNT" &
	FILLING=$!
}

powercut_snap() { cp --reflink=always "$POWER/disk" "$POWER/snap.$1"; }

# Whatever has a name in the cache reads as the origin has it. Listings are not synced: one that was cut is not taken (test_listing).
# Adds to OBJECTS and WRONG.
powercut_check() {
	local was=$CACHE file
	mkdir -p "$T/after"
	mount -o loop "$POWER/snap.$1" "$T/after" || fail "snapshot $1 cannot be mounted"
	if [ -e "$T/after/cache/larder.format" ]; then
		CACHE=$T/after/cache
		demo_config -- 'manifest = manifest.tsv'
		"$LARDER" verify --json >report || true
		while read -r file; do
			cmp -s "$file" "$ORIGIN_DIR/demo/${file##*/demo~????????????????/}" || WRONG=$((WRONG + 1))
			OBJECTS=$((OBJECTS + 1))
		done < <(find "$CACHE/data" -type f)
		jq -c '.findings[] | select(.kind != "leftover" and .kind != "listing")' report >&2
		WRONG=$((WRONG + $(jq '.damaged - .leftover - .listing' report)))
		CACHE=$was
	fi
	umount "$T/after"
	rm "$POWER/snap.$1"
}
OBJECTS=0 WRONG=0

powercut_end() {
	wait "$FILLING" || true
	demo_config 'part_size = 1M' 'size = 1G' -- 'manifest = manifest.tsv'
	stop_agent
	umount "$T/disk"
}

powercut_origin() {
	local i
	for ((i = 0; i < $1; i++)); do make_file "$ORIGIN_DIR/demo/small/$i" $((1000 + i * 37 % 20000)) "$i"; done
	make_file "$ORIGIN_DIR/demo/large" 60000000
	start_nginx 'location /demo/large { limit_rate 2m; }'
	write_manifest "$ORIGIN_DIR/demo"
}
