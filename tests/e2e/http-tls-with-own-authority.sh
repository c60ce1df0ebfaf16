#!/bin/bash
# A server with a certificate of a private authority is read with ca_file, and refused without.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/x" 100000
start_nginx --tls
demo_config -- "ca_file = $CA"
assert_equal "$(digest "$ORIGIN_DIR/demo/x")" "$(read_object "$MOUNT/x")"
CACHE=$T/other demo_config 'retries = 0'
assert_fails_with 'Input/output error' larder_preload cat "$MOUNT/x"
