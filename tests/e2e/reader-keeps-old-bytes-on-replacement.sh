#!/bin/bash
# A program that has the object open when it is replaced reads the old bytes to the end.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/x" 300000 1
touch -d yesterday "$ORIGIN_DIR/demo/x" # nginx makes the ETag of the seconds and the size
start_nginx
demo_config 'ttl = 1s'
old=$(digest "$ORIGIN_DIR/demo/x")
mkfifo go
larder_preload bash -c 'exec 3<"$1" && read -r <go && sha256sum <&3' bash "$MOUNT/x" >reader.out &
reader=$!
exec 4>go # waits until the reader has the object open
make_file "$ORIGIN_DIR/demo/x" 300000 2
sleep 1.2
assert_equal "$(digest "$ORIGIN_DIR/demo/x")" "$(read_object "$MOUNT/x")" 'a new reader'
echo >&4
wait $reader
assert_equal "$old  -" "$(cat reader.out)" 'the old reader'
