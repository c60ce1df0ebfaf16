#!/bin/bash
# An object that a real S3 has encrypted with a key of the customer's is read with that key alone, in ranges too.
. "$(dirname "$0")/../lib/lib.sh"

start_swift
make_file x 20000000
key=MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=
head=x-amz-server-side-encryption-customer
python3 "$LIB/s3.py" put "$BUCKET" x x $head-algorithm=AES256 $head-key=$key \
	"$head-key-md5=$(base64 -d <<<$key | openssl md5 -binary | base64)"
s3_config "encryption_key = $key" \
	'[profile other]' "remote = s3://$BUCKET" "endpoint = $S3_ENDPOINT" "path = $MOUNT-other" "encryption_key = A${key#M}" \
	'[profile none]' "remote = s3://$BUCKET" "endpoint = $S3_ENDPOINT" "path = $MOUNT-none"
sed -i '/^part_size/d; s/^retries/part_size = 1M\n&/' "$LARDER_CONFIG"
assert_equal "$(digest x)" "$(read_object "$MOUNT/x")"
for who in other none; do
	assert_fails_with 'Permission denied' larder_preload cat "$MOUNT-$who/x"
done
grep -qF 'encryption_key' "$XDG_RUNTIME_DIR"/larder/*/agent.log || fail 'the log does not say why'
