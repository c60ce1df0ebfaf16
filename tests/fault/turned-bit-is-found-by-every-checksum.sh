#!/bin/bash
# timeout: 120
# A bit that turns over on its way is found by each kind of checksum that S3 gives, of the whole object and of its parts: fetched again, else EIO.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/checksums.sh"
requires jq

make_file x 600000
make_file large 1500000
# Of parts: by the pieces that passed by, by reading the file once more, and by a hash.
kinds=(none crc32 crc32c crc64nvme sha1 sha256 'crc32 parts=1048576' 'crc32c parts=250000' 'sha256 parts=250000')
for i in "${!kinds[@]}"; do
	file=x
	[ "$i" != 6 ] || file=large
	echo "bucket/$i/good $file sum=${kinds[i]}"
	echo "bucket/$i/once $file sum=${kinds[i]} flip=400000,once"
	echo "bucket/$i/always $file sum=${kinds[i]} flip=400000"
done >objects
cat >>objects <<END
bucket/parts-of-md5 x sum=none parts=250000 flip=400000
bucket/old x no-mode
bucket/wrong x sum=crc32 wrong-ranges
END
start_s3_checksums <objects
cat >ask.py <<'END'
import hashlib, sys
for name in sys.argv[2:]:
    try:
        with open(sys.argv[1] + "/" + name, "rb") as f:
            print(name, hashlib.sha256(f.read()).hexdigest())
    except OSError as e:
        print(name, e.strerror)
END
printf '%s\n' 'retries = 2' 'part_size = 128K' >settings
for verify in store off full; do
	printf '%s\n' "[profile $verify]" "remote = s3://$BUCKET" "endpoint = $S3_ENDPOINT" "path = $T/mnt/$verify" "verify = $verify"
done | cat settings - | write_config

names=({0..8}/{good,once,always} wrong old)
larder_preload python3 ask.py "$T/mnt/store" "${names[@]}" >said
for name in "${names[@]}"; do
	wanted=$(digest x)
	case $name in
	6/always | ?/always) wanted='Input/output error' ;;
	6/*) wanted=$(digest large) ;;
	esac
	assert_equal "$name $wanted" "$(grep "^$name " said)"
done

# What was verified is recorded, and told.
wait_until 20 eval '[ "$(cached_objects | wc -l)" = 20 ]'
stat() { "$LARDER" stat "$T/mnt/store/$1" | sed -n 's/^ *verified *//p'; }
assert_equal "md5:$(md5sum <x | cut -d' ' -f1)" "$(stat 0/good)"
assert_equal "sha256:$(digest x)" "$(stat 5/good)"
assert_equal "sha1:$(sha1sum <x | cut -d' ' -f1)" "$(stat 4/once)"
for name in 1/good 1/once 6/once 7/good wrong; do assert_contains "$(stat $name)" 'crc32'; done
assert_contains "$(stat 6/good)" -2x1048576
assert_contains "$(stat 8/good)" -3x250000
assert_equal "$(stat 1/good)" "$(larder_preload getfattr --only-values -n user.larder.checksum "$T/mnt/store/1/good" 2>/dev/null)" 'its attribute'
log=$(cat "$XDG_RUNTIME_DIR"/larder/*/agent.log)
assert_contains "$log" "5/always: the bytes that came have the checksum sha256:"
assert_contains "$log" "and the store says sha256:$(digest x)"

# One request more for a checksum that answers to ranges do not have, and another for the size of parts. A server that refuses the question is asked
# without it.
assert_equal 1 "$(s3_requests '^HEAD /bucket/3/good')"
assert_equal 2 "$(s3_requests '^HEAD /bucket/8/good')"
assert_at_most 8 "$(s3_requests '^GET /bucket/old .* 400')" 'requests with the question'

# Nothing is compared with `off`, nor asked for; all is with `full`, the MD5 of parts too.
assert_contains_not "$(larder_preload python3 ask.py "$T/mnt/off" 3/always parts-of-md5)" error
assert_equal 3 "$(s3_requests '^HEAD /bucket/3/(good|always)')" 'questions about checksums'
assert_contains_not "$(larder_preload python3 ask.py "$T/mnt/store" parts-of-md5)" error
assert_equal 'parts-of-md5 Input/output error' "$(larder_preload python3 ask.py "$T/mnt/full" parts-of-md5)"
assert_equal "3/good $(digest x)" "$(larder_preload python3 ask.py "$T/mnt/full" 3/good)"

stop_agent
"$LARDER" verify -q || fail 'the cache is damaged'
assert_equal "" "$(find "$CACHE"/data/store~*/ -name always)" 'what is kept of damaged ones'
