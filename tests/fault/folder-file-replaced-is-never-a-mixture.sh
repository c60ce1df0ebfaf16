#!/bin/bash
# A file of a folder that is replaced by ones of other sizes all the time is read as one of them, never with a tail of another.
# timeout: 240
. "$(dirname "$0")/../lib/lib.sh"

mkdir tree
for i in 1 2 3; do make_file "version$i" $((i * 100000)) "$i"; done
printf '%s\n' 'ttl = 0s' '[profile demo]' "remote = file://$T/tree" "path = $MOUNT" | write_config
cp version1 tree/x
for ((n = 0; n < 3000; n++)); do
	cp "version$((n % 3 + 1))" new && mv new tree/x
done &
writer=$!
known=$(for i in 1 2 3; do digest "version$i"; done)
while kill -0 $writer 2>/dev/null; do
	for _ in {1..5}; do
		got=$(read_object "$MOUNT/x" 2>/dev/null) || continue
		assert_contains "$known" "$got"
	done
done
