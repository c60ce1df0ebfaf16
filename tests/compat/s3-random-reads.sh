#!/bin/bash
# 100,000 random calls on virtual files and on local copies, from several threads and processes at once, have the same results, while
# objects are evicted and fetched again. FSX_SEED=N replays, FSX_STEPS=N makes it longer.
# timeout: 150
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/company.sh"

FILES=24
compile fsx
start_swift
mkdir -p "$ORIGIN_DIR/demo/sub"
for ((i = 0; i < FILES; i++)); do
	# From nothing to some 250 KB; about 6 MB in all, for a cache of 4.
	make_file "$ORIGIN_DIR/demo/$i" $((i * i * 461)) "$i"
	make_file "$ORIGIN_DIR/demo/sub/$i" $((i * 10007)) "$((100 + i))"
done
find "$ORIGIN_DIR/demo" -type f -printf '%P\n' | while read -r key; do s3_put "$BUCKET" "$key" "$ORIGIN_DIR/demo/$key"; done
write_config <<END
size = 4M
[profile demo]
remote = s3://$BUCKET
endpoint = $S3_ENDPOINT
path = $MOUNT
END
seed=${FSX_SEED:-$((RANDOM << 15 | RANDOM))}
echo "seed $seed"
larder_preload ./fsx "$seed" "${FSX_STEPS:-100000}" "$MOUNT" "$ORIGIN_DIR/demo" "$FILES" || fail "seed $seed"
said=$("$LARDER" agent --status)
echo "$said" | grep -E 'fills|evicted|opens|hits' | xargs
assert_at_least 1 "$(awk '$1 == "evicted" { print $2 }' <<<"$said")" 'objects that were evicted'
