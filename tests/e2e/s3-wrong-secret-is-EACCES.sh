#!/bin/bash
# A wrong secret is EACCES, and leaves the right one of another process alone; so are no keys at all.
. "$(dirname "$0")/../lib/lib.sh"

start_swift
make_file x 1000
s3_put "$BUCKET" x x
s3_config
AWS_SECRET_ACCESS_KEY=wrong assert_fails_with 'Permission denied' larder_preload cat "$MOUNT/x"
assert_equal "$(digest x)" "$(read_object "$MOUNT/x")"
# Swift answers requests without keys by 412, as of its own protocol; nothing has changed for that.
without_keys() { env -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY "$LARDER" run -- "$@" 2>&1 || true; }
for said in "$(without_keys ls "$MOUNT")" "$(without_keys cat "$MOUNT/y")"; do
	assert_contains "$said" 'Permission denied'
	assert_contains "$said" 'refused without keys'
done
