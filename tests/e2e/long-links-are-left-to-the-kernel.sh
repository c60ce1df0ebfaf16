#!/bin/bash
# Behind a real link that is too long for the shim to follow, real names are found, missed and made as without it.
. "$(dirname "$0")/../lib/lib.sh"

ORIGIN=http://127.0.0.1:9
demo_config
mkdir here
: >here/x
ln -s "$T/$(printf './%.0s' {1..1500})here" long
# Without and with a folder of the disk at the prefix, where links are looked at beforehand.
for round in 1 2; do
	assert_equal x "$(larder_preload ls "$T/long/")"
	assert_fails_with 'No such file or directory' larder_preload cat "$T/long/none"
	larder_preload mkdir "$T/long/made$round"
	larder_preload rmdir "$T/long/made$round"
	mkdir -p "$MOUNT"
done
