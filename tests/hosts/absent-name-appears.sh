#!/bin/bash
# A host that has found an object absent reads it once it is there and another host has published it, without another download where the file system
# keeps attributes.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/hosts.sh"

make_file "$ORIGIN_DIR/demo/other" 1000
start_nginx
start_hosts 2
demo_config 'ttl = 1s' 'negative_ttl = 1s'
for host in 1 2; do
	host_reads $host "$MOUNT/other" >/dev/null
	assert_fails_with 'No such file or directory' on_with $host cat "$MOUNT/x"
done
# The file system's client on this host has been asked for the name too.
on 2 bash -c 'ls "$1"/data/*/x; ls "$1"/data/*' bash "$CACHE" >/dev/null 2>&1 || true
make_file "$ORIGIN_DIR/demo/x" 200000 2
wanted=$(digest "$ORIGIN_DIR/demo/x")
sleep 1.2
assert_equal "$wanted" "$(host_reads 1 "$MOUNT/x")" 'the first host'
stop_host_agent 1 # so that it is published
assert_equal "$wanted" "$(host_reads 2 "$MOUNT/x")" 'the second host'
if keeps_attributes; then most=1; else most=2; fi
assert_at_most "$most" "$(origin_requests '^GET /demo/x 20')" downloads
