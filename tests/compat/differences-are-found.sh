#!/bin/bash
# The comparison of programs finds a changed byte, time, mode, name, status or word, cold or warm, and what would compare nothing.
. "$(dirname "$0")/../lib/lib.sh"
[ "$(id -u)" != 0 ] || unshare -m true 2>/dev/null || { echo "$TEST: skipped: root needs private mounts for this" && exit "$SKIP"; }
requires python3

mkdir -p local/d "$T/mnt"
for name in same byte time mode gone; do echo "$name" >"local/d/$name"; done
touch -d @1600000000 local/d/*
chmod 0444 local/d/*
cp -a local remote
chmod u+w remote/d/byte
echo bytE >remote/d/byte
chmod u-w remote/d/byte
touch -d @1600000000 remote/d/byte
touch -d @1600000001 remote/d/time
chmod 0555 remote/d/mode
rm -f remote/d/gone
touch -d @315532800 local/d local
printf '[cache]\nlocation = @CACHE@\n[profile data]\nremote = file://%s/remote\npath = %s\n' "$T" "$MOUNT" >"$LARDER_CONFIG"

compare() {
	printf 'line bash %s %s\n' "$1" "$2" >table
	python3 "$SOURCE/tests/compat/differential.py" top="$T" shim="$SHIM" larder="$LARDER" R="$T/local" verbose=1 table
}
same() { said=$(compare - "$1") || fail "differs: $1: $said"; }
# differs PART FLAGS COMMAND: it is found, and said what differs.
differs() {
	said=$(compare "$2" "$3") && fail "is taken as the same: $3"
	assert_contains "$said" "$1"
}

same 'cat $R/d/same; stat -c %Y $R/d/mode; ls -l $R/d/same $R/d/missing || true; cp -p $R/d/same .'
differs '+bytE' - 'cat $R/d/byte'
differs 'stdout of cold' - 'md5sum $R/d/byte'
differs 'scratch folder of cold' - 'cp $R/d/byte .'
differs 'scratch folder of cold' - 'cp -p $R/d/time .'
differs 'scratch folder of cold' - 'cp -r $R/d .'
differs 'stdout of cold' - 'stat -c %a $R/d/mode'
differs 'exit status of cold' - 'test -e $R/d/gone'
differs 'stderr of cold' - 'cat $R/d/gone || true'
differs 'stdout of cold' sort 'ls -U $R/d'
differs 'stdout of warm' - 'echo >>../runs; test $(wc -l <../runs) -lt 3; echo $?'
assert_contains_not "$said" cold
differs 'ends with status 1' - 'cat $R/d/missing'
differs 'ends with status 0' fails 'cat $R/d/same'
differs 'no longer differs' gap 'cat $R/d/same'
said=$(compare gap 'cat $R/d/byte') || fail "a known gap fails: $said"
assert_contains "$said" '1 known gaps, 0 differ'
differs 'wrote to the real disk' - 'env -u LD_PRELOAD mkdir -p $R/x/ 2>&-; true'
