#!/bin/bash
# A server is read by its literal IPv6 address, and by a name that leads to one.
. "$(dirname "$0")/../lib/lib.sh"

if ! (exec 3<>/dev/udp/::1/9) 2>/dev/null; then
	echo "$TEST: skipped: needs IPv6 on the loopback interface"
	exit "$SKIP"
fi
make_file "$ORIGIN_DIR/demo/x" 100000
port=$(guess_port)
start_nginx "listen [::1]:$port;"
{
	printf '%s\n' '[profile address]' "remote = http://[::1]:$port/demo" "path = $MOUNT/address"
	printf '%s\n' '[profile name]' "remote = http://localhost:$port/demo" "path = $MOUNT/name"
} | write_config
for name in address name; do assert_equal "$(digest "$ORIGIN_DIR/demo/x")" "$(read_object "$MOUNT/$name/x")" $name; done
assert_equal 2 "$(origin_requests /demo/x)" requests
