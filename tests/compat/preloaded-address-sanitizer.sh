#!/bin/bash
# AddressSanitizer's runtime, preloaded before or behind the shim into programs that know nothing of it.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/company.sh"
requires gcc

library=$(gcc -print-file-name=libasan.so)
[ -e "$library" ] || { echo "$TEST: skipped: needs libasan.so (Debian's package libgcc-12-dev)" && exit "$SKIP"; }
serve_tree
# Before it has begun, its functions for strings are calls to nowhere; the folder for its reports makes it call the shim then.
export ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0:log_path=$T/reports/asan
assert_reads_with "$(readlink -f "$library")"
assert_equal '' "$(find "$T/reports" -type f)" 'the reports'
# A configuration that is wrong is no reason to end either.
echo 'nonsense = 1' >>"$LARDER_CONFIG"
assert_fails_with 'Input/output error' env LD_PRELOAD="$library $SHIM" cat "$MOUNT/f"
