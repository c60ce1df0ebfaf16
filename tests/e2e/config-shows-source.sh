#!/bin/bash
# larder config prints what is in force and from where, with secrets hidden.
. "$(dirname "$0")/../lib/lib.sh"

write_config <<END
ttl = 7m
[profile demo]
remote = s3://bucket/dir
path = /data/demo
access_key_id = id-id-id
secret_access_key = hush-hush
END
said=$("$LARDER" config)
assert_contains "$(grep -w ttl <<<"$said" | head -n 1)" 7m
assert_contains "$(grep -w ttl <<<"$said" | head -n 1)" "$LARDER_CONFIG:3"
assert_contains "$(grep -w negative_ttl <<<"$said" | head -n 1)" default
assert_contains "$said" s3://bucket/dir
assert_contains_not "$said" hush-hush
