#!/bin/bash
# The attributes of an object whose folder was listed cost no request; a folder has none.
. "$(dirname "$0")/../lib/lib.sh"

start_swift
make_file x 1000
s3_put "$BUCKET" dir/x x
s3_config
larder_preload ls -l "$MOUNT/dir" >/dev/null
work() { "$LARDER" agent --status | grep -E "opens|fills|stats|lists" | xargs; }
before=$(work)
larder_preload python3 - "$MOUNT" "$(md5sum x | cut -d' ' -f1)" <<'END'
import os, sys
mount, digest = sys.argv[1:]
assert os.getxattr(mount + '/dir/x', 'user.larder.etag').decode() == '"%s"' % digest
assert os.listxattr(mount + '/dir/x') == ['user.larder.version', 'user.larder.etag']
assert os.listxattr(mount + '/dir') == os.listxattr(mount) == []
END
assert_equal "$before" "$(work)" 'what the agent was asked'
