#!/bin/bash
# A file:/// URL below a profile's remote is virtual, however it is bent; an empty folder there is a directory.
. "$(dirname "$0")/../lib/lib.sh"

make_file remote/dir/x 5000
mkdir remote/empty
write_config <<EOF
[profile demo]
remote = file://$T/remote
EOF
for url in "file://$T/remote/dir/x" "file:$T/remote/dir/x" "/cwd/file:$T/remote/dir/x"; do
	assert_equal "$(digest remote/dir/x)" "$(larder_preload sha256sum "$url" | cut -d' ' -f1)" "$url"
done
assert_equal '' "$(larder_preload ls -A "file://$T/remote/empty")" 'an empty folder'
