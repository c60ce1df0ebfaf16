#!/bin/bash
# Keys of odd bytes are read and listed as they are.
. "$(dirname "$0")/../lib/lib.sh"

start_swift
s3_config
keys=('sp ace' 'plus+' 'per%cent' '%41' 'ü' "q'uote" 'dou"ble' 'st*r' '[b]' 'que?ry=1&2' 'ha#sh' 'back\slash' 'se;mi' 'til~de'
	'-dash' '.hidden' 'c:olon' "$(printf 'x%.0s' {1..250})" '日本')
for key in "${keys[@]}"; do
	printf '%s\n' "$key" >content
	s3_put "$BUCKET" "dir/$key" content
done
for key in "${keys[@]}"; do
	assert_equal "$key" "$(larder_preload cat "$MOUNT/dir/$key")" "content of $key"
done
assert_equal "$(printf '%s\n' "${keys[@]}" | sort)" "$(larder_preload ls -A "$MOUNT/dir" | sort)" 'the listing'

# What cannot be a name, or is one of larder's own, is shown escaped.
printf 'x\n' >content
for key in '%=list' '..' ''; do s3_put "$BUCKET" "escaped/$key/x" content; done
assert_equal '%~ %~%=list %~..' "$(larder_preload ls -A "$MOUNT/escaped" | LC_ALL=C sort | xargs)" 'escaped names'
assert_equal x "$(larder_preload cat "$MOUNT/escaped/%~/x")"
assert_equal x "$(larder_preload ls -A "$MOUNT/escaped/%~")" 'a directory without a name'
assert_equal x "$(larder_preload cat "$MOUNT/escaped/%~../x")"
