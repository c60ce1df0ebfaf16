#!/bin/bash
# With stacks, a program has no descriptor more than without, and what it has at any number stays as it is: libunwind has a pipe of
# its own, which is not among them.
. "$(dirname "$0")/../lib/lib.sh"

ldconfig -p | grep 'libunwind\.so\.8' >found || { echo "$TEST: skipped: needs libunwind8" && exit "$SKIP"; }
ORIGIN=file://$ORIGIN_DIR
mkdir -p "$ORIGIN_DIR/demo"
for name in x y z; do echo "$name" >"$ORIGIN_DIR/demo/$name"; done
printf '%s\n' first second third >lines
demo_config
cat >program.sh <<'END'
set -e
cd /proc/self/fd && echo before: * && cd "$OLDPWD"
read -r x <"$1/x"
exec 3<lines 4<lines 5<>own 6<lines
read -r y <"$1/y"
read -r z <"$1/z"
read -r from3 <&3
read -r from4 <&4
read -r from6 <&6
echo "$x $y $z $from3 $from4 $from6 $(cat own)"
exec 3<&- 4<&- 5<&- 6<&-
cd /proc/self/fd && echo after: *
END
bash program.sh "$ORIGIN_DIR/demo" >plain
LARDER_TRACE=stack,$T/trace larder_preload bash program.sh "$MOUNT" >traced
assert_contains "$(cat plain)" 'x y z first first first'
assert_equal "$(cat plain)" "$(cat traced)" 'the program with stacks'
assert_at_least 3 "$(grep -c '#0 ' trace)" stacks
