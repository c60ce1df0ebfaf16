#!/bin/bash
# Whatever is in a name, its line is one line of UTF-8 that a terminal can show; one that is too long is cut, and the outcome is there.
. "$(dirname "$0")/../lib/lib.sh"

requires python3
ORIGIN=file://$ORIGIN_DIR
mkdir "$ORIGIN_DIR/demo"
demo_config
trace() { LARDER_TRACE=1 larder_preload python3 -c "import os; os.access($1, 0)" 2>&1 >/dev/null | sed -nE 's/^larder [0-9]+ access "(.*)" = ([A-Z]+) (hit|miss) [0-9]+us$/\1 \2/p'; }
# shown NAME_IN_PYTHON WANTED
shown() { assert_equal "$MOUNT/$2 ENOENT" "$(trace "b'$MOUNT/'+$1")" "$1"; }
shown "b'a b'" 'a b'
shown "'straße-日本'.encode()" 'straße-日本'
shown "b'two\\nlines'" 'two\nlines'
shown "b'\\t\\x1b[31m'" '\t\033[31m'
shown "b'say \\x22no\\x22'" 'say \"no\"'
shown "b'back\\x5cslash'" 'back\\slash'
shown "b'\\xff\\xc3(\\xc0\\xaf\\xed\\xa0\\x80'" '\377\303(\300\257\355\240\200'
shown "b'\\xc2\\x9b31m\\x7f'" '\302\23331m\177'
long=$(trace "'$MOUNT/' + ('x' * 200 + '/') * 19 + 'x'")
[[ $long =~ ^"$MOUNT/"[x/]+" ENOENT"$ ]] || fail "a long path: $long"
long=$(trace "'$MOUNT/' + ('\\n' * 200 + '/') * 18")
[[ $long =~ \.\.\." ENOENT"$ ]] || fail "a path that does not fit: ${long: -100}"
said=$(LARDER_TRACE=1 larder_preload mv "$MOUNT/$(printf 'n%.0s' {1..200})" "$MOUNT/two" 2>&1 || true)
[[ $said =~ renameat2\ \"[^\"]*/n{200}\"\ -\>\ \"$MOUNT/two\"\ =\ EROFS\ hit ]] || fail "a pair: $said"
