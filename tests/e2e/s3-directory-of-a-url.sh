#!/bin/bash
# ls, find, a glob and cd work on s3://bucket/dir/.
. "$(dirname "$0")/../lib/lib.sh"

start_swift
s3_config
printf 'one\n' >one
s3_put "$BUCKET" dir/sub/one one
s3_put "$BUCKET" dir/two one
url=s3://$BUCKET/dir
assert_equal $'sub\ntwo' "$(larder_preload ls "$url/")" ls
assert_equal "$url/ $url/sub $url/sub/one $url/two" "$(larder_preload find "$url/" | sort | xargs)" find
assert_equal "$url/sub $url/two" "$(larder_preload bash -c "echo $url/*")" glob
assert_equal one "$(larder_preload bash -c "cd $url/sub && cat one")" cd
