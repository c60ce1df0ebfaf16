#!/bin/bash
# A blob that is replaced by another while its ranges are read is read as one of them, never as a mixture.
# timeout: 240
. "$(dirname "$0")/../lib/azure.sh"

start_azurite
for i in 1 2 3; do make_file "version$i" 2000000 "$i"; done
export AZURE_STORAGE_KEY=$ACCOUNT_KEY
printf '%s\n' 'part_size = 64K' 'ttl = 0s' 'retries = 20' '[profile demo]' "remote = az://$ACCOUNT/$CONTAINER" "endpoint = $BLOB_ENDPOINT" \
	"path = $MOUNT" | write_config
azure put "$CONTAINER" x version1
for ((n = 0; n < 15; n++)); do azure put "$CONTAINER" x "version$((n % 3 + 1))"; done &
writer=$!
known=$(for i in 1 2 3; do digest "version$i"; done)
reads=0
while kill -0 $writer 2>/dev/null; do
	got=$(read_object "$MOUNT/x" 2>/dev/null) || continue
	assert_contains "$known" "$got"
	reads=$((reads + 1))
done
wait $writer
# What was under way a moment ago is shared by whoever comes next, for about a second.
is_last() { [ "$(read_object "$MOUNT/x")" = "$(digest version3)" ]; }
wait_until 60 is_last
assert_at_least 1 $reads 'reads while it was replaced'
