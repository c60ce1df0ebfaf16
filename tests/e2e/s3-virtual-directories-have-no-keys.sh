#!/bin/bash
# A folder exists by the keys below it, and an object `a` gives way to objects `a/b`.
. "$(dirname "$0")/../lib/lib.sh"

start_swift
s3_config
printf 'x\n' >x
s3_put "$BUCKET" a x
s3_put "$BUCKET" a/b x
assert_equal directory "$(larder_preload stat -c %F "$MOUNT/a")"
assert_equal x "$(larder_preload cat "$MOUNT/a/b")"
assert_fails_with 'Is a directory' larder_preload cat "$MOUNT/a"
