#!/bin/bash
# A folder as the remote: listed, read and copied to the cache.
. "$(dirname "$0")/../lib/lib.sh"

make_file tree/dir/x 3000001
write_config <<END
[profile demo]
remote = file://$T/tree
path = $MOUNT
END
assert_equal x "$(larder_preload ls "$MOUNT/dir")"
assert_equal "$(digest tree/dir/x)" "$(read_object "$MOUNT/dir/x")" cold
assert_cached dir/x
mv tree gone
assert_equal "$(digest gone/dir/x)" "$(read_object "$MOUNT/dir/x")" warm
