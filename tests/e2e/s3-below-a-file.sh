#!/bin/bash
# What is below an object that was asked for is ENOTDIR for open as for stat, without a listing of its folder.
. "$(dirname "$0")/../lib/lib.sh"

start_swift
echo x >x
s3_put "$BUCKET" sub/f x
s3_config
larder_preload stat "$MOUNT/sub/f" >/dev/null
assert_fails_with 'Not a directory' larder_preload cat "$MOUNT/sub/f/below"
assert_fails_with 'Not a directory' larder_preload stat "$MOUNT/sub/f/below"
assert_fails_with 'Not a directory' larder_preload ls "$MOUNT/sub/f/below"
