#!/bin/bash
# A redirect to file:// or another scheme reads nothing of this host, and one from https to http is not followed.
. "$(dirname "$0")/../lib/lib.sh"

requires_lua
echo secret >"$T/secret"
start_nginx
plain=$ORIGIN
echo plain >"$ORIGIN_DIR/plain"
mkdir second
top=$T T=$T/second CA=$T/ca.pem
start_nginx --tls \
	"location /demo/file { return 302 file://$top/secret; }" "location /demo/gopher { return 302 gopher://127.0.0.1:1/; }" \
	"location /demo/plain { return 302 $plain/plain; }"
T=$top
demo_config 'retries = 1' -- "ca_file = $CA"
for name in file gopher plain; do
	assert_fails_with "$MOUNT/$name: Input/output error" larder_preload cat "$MOUNT/$name"
done
assert_cached
