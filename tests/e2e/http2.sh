#!/bin/bash
# With http2 = true, a server that has HTTP/2 over TLS is read by it: a large object in its ranges, many at once, and what is not there.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/big" 9000000
for i in {1..40}; do make_file "$ORIGIN_DIR/demo/s/$i" 20000 "$i"; done
port=$(guess_port)
start_nginx --tls '}' "log_format protocol '\$server_protocol \$connection \$uri';" \
	"server { listen $ADDRESS:$port ssl http2; root $ORIGIN_DIR; access_log $T/protocol.log protocol;" \
	"ssl_certificate $T/server.pem; ssl_certificate_key $T/server.key;"
ORIGIN=https://127.0.0.1:$port
demo_config 'part_size = 1M' -- "ca_file = $CA" 'http2 = true'
assert_equal "$(digest "$ORIGIN_DIR/demo/big")" "$(read_object "$MOUNT/big")" 'a large object'
larder_preload bash -c 'for i in {1..40}; do cat "$0/s/$i" >"'"$T"'/got.$i" & done; wait' "$MOUNT"
for i in {1..40}; do assert_same_file "$ORIGIN_DIR/demo/s/$i" "$T/got.$i"; done
assert_fails_with 'No such file or directory' larder_preload cat "$MOUNT/none"
assert_equal HTTP/2.0 "$(cut -d' ' -f1 "$T/protocol.log" | sort -u)" 'the protocol'
assert_at_most 4 "$(cut -d' ' -f2 "$T/protocol.log" | sort -u | wc -l)" 'connections'
