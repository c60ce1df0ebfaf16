#!/bin/bash
# A shell's redirection from an object, and a command substitution of a cold one, which ends at once.
. "$(dirname "$0")/../lib/lib.sh"

printf 'a line\nanother\n' >"$T/text"
mkdir "$ORIGIN_DIR/demo" && cp "$T/text" "$ORIGIN_DIR/demo/text"
start_nginx
demo_config
assert_equal $'a line\nanother' "$(larder_preload timeout 20 bash -c 'x=$(<"$1"); echo "$x"' bash "$MOUNT/text")" 'command substitution'
assert_equal 2 "$(larder_preload bash -c "wc -l <$MOUNT/text")" redirection
assert_equal 'a line' "$(larder_preload bash -c "read -r line <$MOUNT/text && echo \"\$line\"")" read
assert_equal 'a line' "$(larder_preload bash -c "exec 7<$MOUNT/text; head -n 1 <&7")" 'numbered descriptor'
