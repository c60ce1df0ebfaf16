#!/bin/bash
# Every function of this machine's libc that could take a path is in shim/calls.def, or in tests/lib/libc-exceptions with the reason.
. "$(dirname "$0")/../lib/lib.sh"
requires cc nm ldd python3 dpkg
dpkg -L libc6-dev >/dev/null 2>&1 || { echo "$TEST: skipped: needs libc6-dev, for the declarations" && exit "$SKIP"; }

python3 "$LIB/libc-names" "$SOURCE/shim/calls.def" "$LIB/libc-exceptions" >said ||
	fail "decide about these: a row in shim/calls.def, or a name with its reason in tests/lib/libc-exceptions: $(cat said)"
grep -q '^[0-9]* functions' said || fail "nothing was looked at: $(cat said)"

# It would see a new function: without their rows, these are undecided.
grep -vE '^(CALL|TWIN)\(.*(nftw|statvfs|__open64_2|fopen)' "$SOURCE/shim/calls.def" >fewer || true
python3 "$LIB/libc-names" fewer "$LIB/libc-exceptions" >said && fail 'a function without a row was not seen'
for name in nftw nftw64 statvfs statvfs64 __open64_2 fopen64 _IO_fopen; do
	grep -q "^undecided: $name:" said || fail "not seen: $name"
done
