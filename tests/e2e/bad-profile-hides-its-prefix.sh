#!/bin/bash
# A prefix whose profile is wrong is EIO, and nothing is written there on the disk; its neighbours work.
. "$(dirname "$0")/../lib/lib.sh"
mkdir -p "$MOUNT"
write_config <<END
[profile demo]
remote = ftp://host/folder
path = $MOUNT
END
assert_fails_with 'Input/output error' larder_preload cat "$MOUNT/f"
assert_fails_with 'Input/output error' larder_preload bash -c "echo x >'$MOUNT/f'"
assert_fails_with 'Input/output error' larder_preload mkdir "$MOUNT/d"
assert_equal '' "$(ls -A "$MOUNT")" 'what is on the disk at the prefix'
larder_preload bash -c "echo x >'$T/mnt/beside'"
assert_equal x "$(larder_preload cat "$T/mnt/beside")"
