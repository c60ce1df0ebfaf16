#!/bin/bash
# URLs arrive as pathlib, java.io.File and abspath bend them: with one slash, and behind the working directory.
. "$(dirname "$0")/../lib/lib.sh"

start_swift
s3_config
printf 'content\n' >content
s3_put "$BUCKET" dir/x content
for url in "s3:/$BUCKET/dir/x" "$PWD/s3:/$BUCKET/dir/x"; do
	assert_equal content "$(larder_preload cat "$url")" "$url"
done
assert_equal content "$(larder_preload python3 -c 'import pathlib, sys; print(pathlib.Path(sys.argv[1]).resolve().read_text(), end="")' "s3://$BUCKET/dir/x")"
mkdir -p "s3:/$BUCKET/dir" && echo real >"s3:/$BUCKET/dir/x"
assert_equal real "$(larder_preload cat "$PWD/s3:/$BUCKET/dir/x")" 'a real file of that name'
