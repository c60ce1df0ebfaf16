#!/bin/bash
# A descriptor of a cached file changes nothing, for root neither: no mode, times or attributes, and no new open for writing.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/x" 1000
start_nginx
demo_config
refused() { # WHAT PYTHON: what python does with descriptor fd is EROFS
	assert_equal 30 "$(larder_preload python3 -c "
import os, sys
fd = os.open(sys.argv[1], os.O_RDONLY)
try:
    $2
    print(0)
except OSError as e:
    print(e.errno)" "$MOUNT/x")" "$1"
}
refused fchmod 'os.fchmod(fd, 0o600)'
refused fchown 'os.fchown(fd, 0, 0)'
refused futimens 'os.utime(fd, (1, 1))'
refused fsetxattr 'os.setxattr(fd, "user.larder.etag", b"x")'
refused /proc/self/fd 'os.open(f"/proc/self/fd/{fd}", os.O_RDWR)'
refused /dev/fd 'open(f"/dev/fd/{fd}", "w")'
assert_equal "$(digest "$ORIGIN_DIR/demo/x")" "$(read_object "$MOUNT/x")"
