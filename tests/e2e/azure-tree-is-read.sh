#!/bin/bash
# A container is a tree of files, read whole and in parts, whatever its blobs are called; its directories are no files.
. "$(dirname "$0")/../lib/azure.sh"

start_azurite
make_file big 3000000
make_file small 1000 2
: >empty
azure put "$CONTAINER" a/b/big big
azure put "$CONTAINER" 'odd +%?#&ä~/x y' small
azure put "$CONTAINER" empty empty
azure put "$CONTAINER" a empty hdi_isfolder=true
azure put "$CONTAINER" bare empty hdi_isfolder=true
export AZURE_STORAGE_KEY=$ACCOUNT_KEY
printf '%s\n' 'part_size = 256K' '[profile demo]' "remote = az://$ACCOUNT/$CONTAINER" "endpoint = $BLOB_ENDPOINT" "path = $MOUNT" \
	'headers = x-ms-client-request-id: of the test' '  X-Team: lab 7' | write_config
assert_equal "$(digest big)" "$(read_object "$MOUNT/a/b/big")"
assert_equal "$(printf '%s\n' "d 4096 " "d 4096 a" "d 4096 a/b" "f 3000000 a/b/big" "d 4096 bare" "f 0 empty" "d 4096 odd +%?#&ä~" "f 1000 odd +%?#&ä~/x y")" \
	"$(larder_preload find "$MOUNT" -printf '%y %s %P\n' | LC_ALL=C sort -k3)"
assert_equal "$(digest small)" "$(read_object "$MOUNT/odd +%?#&ä~/x y")"
assert_equal "$(digest empty)" "$(read_object "$MOUNT/empty")"
assert_fails_with 'Is a directory' larder_preload cat "$MOUNT/a"
assert_fails_with 'No such file or directory' larder_preload cat "$MOUNT/a/none"
# An empty directory is one whatever is known of its parent, and what is nothing is none.
stop_agent
rm -rf "$CACHE" "${XDG_RUNTIME_DIR:?}"/larder
assert_equal '' "$(larder_preload ls -A "$MOUNT/bare")"
stop_agent
rm -rf "$CACHE" "${XDG_RUNTIME_DIR:?}"/larder
assert_fails_with 'Is a directory' larder_preload cat "$MOUNT/bare"
stop_agent
rm -rf "$CACHE" "${XDG_RUNTIME_DIR:?}"/larder
assert_equal directory "$(larder_preload stat -c %F "$MOUNT/bare")"
assert_fails_with 'No such file or directory' larder_preload ls "$MOUNT/a/none"
assert_equal "$(tail -c 100 big | od -c)" "$(larder_preload tail -c 100 "az://$ACCOUNT/$CONTAINER/a/b/big" | od -c)"
assert_contains "$(azure_requests)" "GET /$ACCOUNT/$CONTAINER/a/b/big 206"
