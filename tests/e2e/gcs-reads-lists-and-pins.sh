#!/bin/bash
# Objects of Google Cloud Storage are read with one request each, listed whole, pinned by their generation, and never mixed when replaced.
. "$(dirname "$0")/../lib/lib.sh"

start_gcs
export GOOGLE_APPLICATION_CREDENTIALS=$GCS_DIR/service_account.json
make_file x 1000
make_file y 2000 2
make_file big 300000 3
: >empty
gzip -c big >big.gz
odd='a+b c%d ü?#'
for key in dir/x 'dir/a+b%20c%25d%20%C3%BC%3F%23' deep/er/y; do gcs_put "data/$key" x >/dev/null; done
gcs_put data/dir/empty empty >/dev/null
gcs_put data/dir/composite x 'x-composite: 1' >/dev/null
gcs_put data/dir/z.gz big.gz 'Content-Encoding: gzip' >/dev/null
gcs_set page 2
gcs_config 'prefetch = off'
sed -i 's/^retries.*/&\npart_size = 64K/' "$LARDER_CONFIG"

assert_equal "$(printf '%s\n' "$odd" composite empty x z.gz)" "$(larder_preload ls "$MOUNT/dir")" 'the listing'
assert_equal er "$(larder_preload ls "$MOUNT/deep")" 'a folder of folders'
before=$(larder_preload stat -c '%s %Y' "$MOUNT/dir/x")
gcs_forget
for name in x "$odd" composite; do assert_equal "$(digest x)" "$(read_object "$MOUNT/dir/$name")" "$name"; done
assert_equal 3 "$(gcs_requests)" 'requests for three objects'
assert_equal "$(digest empty)" "$(read_object "$MOUNT/dir/empty")" 'an empty object'
assert_equal "$(digest big.gz)" "$(read_object "$MOUNT/dir/z.gz")" 'what is stored compressed'
assert_equal "$before" "$(larder_preload stat -c '%s %Y' "$MOUNT/dir/x")" 'size and time after the read'

# A generation stays what it was, and the name follows.
old=$(gcs_put data/pinned x)
gcs_put data/pinned y >/dev/null
assert_equal "$(digest x)" "$(read_object "gs://data/pinned#$old")" 'the old generation'
assert_equal "$(digest y)" "$(read_object "gs://data/pinned")" 'the live one'
assert_fails_with 'No such file' larder_preload cat 'gs://data/pinned#1'

# One that is replaced after its first range is the new one, whole.
gcs_put data/big big >/dev/null
gcs_set replace data/big
python3 -c 'open("new", "wb").write(open("big", "rb").read()[::-1])'
assert_equal "$(digest new)" "$(read_object "$MOUNT/big")" 'a replaced object'
assert_at_least 1 "$(gcs_requests '/data/big 412')" 'refused ranges'
