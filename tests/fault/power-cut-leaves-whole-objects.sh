#!/bin/bash
# After a cut of the power in the middle of fills, on ext4 and XFS, what has a name in the cache is whole.
# timeout: 120
if [ "${OWN_MOUNTS:-}" != 1 ]; then
	if ! unshare -m true 2>/dev/null; then
		echo 'skipped: needs root, to mount disks'
		exit 77
	fi
	exec env OWN_MOUNTS=1 unshare -m "$BASH" "$0"
fi
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/powercut.sh"

powercut_requires
powercut_origin 500
for kind in ext4 xfs; do
	powercut_begin $kind
	powercut_fill
	for i in 1 2 3 4 5; do
		sleep "$((RANDOM % 2)).$((RANDOM % 10))"
		powercut_snap $i
	done
	powercut_end
	for i in 1 2 3 4 5; do powercut_check $i; done
	assert_equal 0 "$WRONG" "$kind: wrong objects of $OBJECTS"
	echo "$kind: $OBJECTS objects in 5 snapshots"
done
