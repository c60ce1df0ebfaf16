#!/bin/bash
# What a cold open costs: one ranged GET of an object of one part, listed or not and without a HEAD before it, and two requests where there is
# nothing of that name: the GET, and whether it is a folder.
. "$(dirname "$0")/../lib/lib.sh"

start_swift
make_file one 100000
for key in dir/new dir/listed/x; do s3_put "$BUCKET" $key one; done
start_nginx "location / { proxy_pass $S3_ENDPOINT; proxy_set_header Host \$http_host; }"
S3_ENDPOINT=$ORIGIN s3_config
wanted=$(digest one)
# assert_requests WANTED: and then counts anew.
assert_requests() {
	local asked
	asked=$(origin_log | awk '{ print $1, $3, $5 }')
	forget_requests
	assert_equal "$1" "$asked" requests
}

assert_equal "$wanted" "$(read_object "$MOUNT/dir/new")"
assert_requests 'GET 206 range=bytes=0-8388607'
assert_equal "$wanted" "$(read_object "$MOUNT/dir/new")"
assert_requests ''

larder_preload ls "$MOUNT/dir/listed" >/dev/null
forget_requests
assert_equal "$wanted" "$(read_object "$MOUNT/dir/listed/x")"
assert_requests 'GET 206 range=bytes=0-8388607'

assert_fails_with 'No such file or directory' larder_preload cat "$MOUNT/absent"
assert_requests $'GET 404 range=bytes=0-8388607\nGET 200 range=-'
assert_fails_with 'No such file or directory' larder_preload cat "$MOUNT/absent"
assert_requests ''
