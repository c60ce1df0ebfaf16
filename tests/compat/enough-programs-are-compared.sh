#!/bin/bash
# At least 80 command lines of at least 40 programs are compared where the packages of the tests are installed.
. "$(dirname "$0")/../lib/lib.sh"
[ "$(id -u)" != 0 ] || unshare -m true 2>/dev/null || { echo "$TEST: skipped: root needs private mounts for this" && exit "$SKIP"; }
requires python3 dpkg-query

missing=$(comm -13 <(dpkg-query -W -f='${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p' | sort -u) \
	<(sed '/^#/d' "$SOURCE/scripts/packages-test" | sort -u))
if [ -n "$missing" ]; then
	echo "$TEST: skipped: not installed: $(xargs <<<"$missing")"
	exit "$SKIP"
fi
mkdir -p "$T/mnt"
: >"$LARDER_CONFIG"
mapfile -t tables < <(cat "$SOURCE"/tests/compat/same-as-local-*.sh | sed -n 's/^compare_programs //p' | tr ' ' '\n' | sort -u |
	sed "s,.*,$SOURCE/tests/compat/commands/&.txt,")
said=$(python3 "$SOURCE/tests/compat/differential.py" top="$T" shim="$SHIM" larder="$LARDER" R="$T" B="$T" X="$T" count=1 "${tables[@]}")
echo "$said"
read -r lines _ _ _ programs _ <<<"$(tail -n 1 <<<"$said")"
assert_at_least 80 "$lines" 'command lines'
assert_at_least 40 "$programs" programs
