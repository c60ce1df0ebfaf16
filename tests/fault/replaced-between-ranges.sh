#!/bin/bash
# An object of S3 (with versions and without), of Google Cloud Storage or of the Hub that is replaced while its ranges are read is whole, and each range says which it wants.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/checksums.sh"
. "$LIB/hub.sh"

make_file old 300000 1
make_file new 300000 2
make_file small 90000 3
start_s3_checksums <<'END'
bucket/versions old until=2
bucket/versions new
bucket/plain old until=2 unversioned
bucket/plain new unversioned
END
start_gcs
start_hub
gcs_put public/big old >/dev/null
generation=$(gcs_put public/pinned old)
files=$(hub_commit org/model "$COMMIT_A" main)
cp old "$files/large" && cp small "$files/small"
files=$(hub_commit org/model "$COMMIT_B")
cp new "$files/large" && cp old "$files/small"
{
	printf '%s\n' 'retries = 2' 'part_size = 64K' '[profile s3]' "remote = s3://$BUCKET" "endpoint = $S3_ENDPOINT" "path = $T/mnt/s3"
	printf '%s\n' '[profile gs]' 'remote = gs://public' "endpoint = $GCS_ENDPOINT" 'anonymous = true' "path = $T/mnt/gs"
} | write_config

new=$(digest new) old=$(digest old)
for name in versions plain; do
	assert_equal "$new" "$(read_object "$T/mnt/s3/$name")" "$name"
	assert_at_least 1 "$(s3_requests "^GET /bucket/$name .* 412")" "refused ranges of $name"
done
wait_until 20 eval '[ "$(cached_objects | wc -l)" = 2 ]'
assert_equal v2 "$("$LARDER" stat "$T/mnt/s3/versions" | sed -n 's/^ *version *//p')" 'its version'

gcs_set replace public/big
python3 -c 'open("reverse", "wb").write(open("old", "rb").read()[::-1])'
assert_equal "$(digest reverse)" "$(read_object "$T/mnt/gs/big")" 'of Google'
assert_at_least 1 "$(gcs_requests '/public/big 412')" 'refused ranges'
# A pinned one has gone with the replacement here: an error, and no mixture.
gcs_set replace public/pinned
assert_fails_with 'No such file' larder_preload cat "gs://public/pinned#$generation"

# The Hub's later ranges are of the commit of the first.
for name in large small; do
	printf 'main %s\n' "$COMMIT_A" >"$HUB/org/model/refs"
	printf 'main %s\n' "$COMMIT_B" >"$HUB/org/model/refs.next"
	wanted=$old
	[ $name = large ] || wanted=$(digest small)
	assert_equal "$wanted" "$(read_object "hf://org/model/$name")" "$name of the Hub"
	assert_equal 1 "$(hub_requests | grep -c "^hub GET /org/model/resolve/main/$name")" "requests for main"
	assert_at_least 1 "$(hub_requests | grep -c "^hub GET /org/model/resolve/$COMMIT_A/$name")" "requests for the commit"
done
