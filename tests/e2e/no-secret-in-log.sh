#!/bin/bash
# Secrets appear in no log, no error and no output.
. "$(dirname "$0")/../lib/lib.sh"

start_swift
s3_config 'access_key_id = test:tester' 'secret_access_key = hush-hush-secret' 'session_token = hush-hush-token'
"$LARDER" run -- cat "$MOUNT/x" >>out 2>&1 && fail 'a wrong secret was accepted'
"$LARDER" config >>out 2>&1 || true
"$LARDER" doctor cat "$MOUNT/x" >>out 2>&1 || true
"$LARDER" stat "s3://$BUCKET/x" >>out 2>&1 || true
found=$(grep -rl --exclude=larder.ini hush-hush "$T" || true)
assert_equal '' "$found" 'files with a secret'
