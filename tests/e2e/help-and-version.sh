#!/bin/bash
# Every subcommand has --help; an unknown one is refused with a line that names it.
. "$(dirname "$0")/../lib/lib.sh"

for command in run agent warm ls stat config doctor; do
	assert_contains "$("$LARDER" $command --help)" "larder $command"
	assert_contains "$("$LARDER" --help)" "$command"
done
assert_contains "$("$LARDER" --version)" larder
assert_fails_with frobnicate "$LARDER" frobnicate
assert_fails_with frobnicate "$LARDER" run --frobnicate
