#!/bin/bash
# Programs that were built with a sanitizer read, also where its runtime makes a folder for its reports before the shim or
# libc itself has begun; and nothing is reported.
# timeout: 180
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/company.sh"

serve_tree
compilers=()
for CC in gcc clang; do
	if command -v "$CC" >/dev/null; then compilers+=("$CC"); fi
done
[ ${#compilers[@]} != 0 ] || { echo "$TEST: skipped: needs gcc or clang" && exit "$SKIP"; }
wanted=$("${compilers[0]}" -D_GNU_SOURCE -o "$T/plain" "$LIB/reader.c" && larder_preload "$T/plain" "$MOUNT/f" "$MOUNT")
assert_contains "$wanted" hello
assert_contains "$wanted" 'sub/ '
tried=0
for CC in "${compilers[@]}"; do
	for kind in address thread undefined leak memory; do
		options=log_path=$T/reports/$CC-$kind
		export ASAN_OPTIONS=verify_asan_link_order=0:$options TSAN_OPTIONS=$options UBSAN_OPTIONS=$options LSAN_OPTIONS=$options \
			MSAN_OPTIONS=$options
		# Not every compiler has all of them, nor their libraries.
		compile reader "-fsanitize=$kind" 2>/dev/null || continue
		tried=$((tried + 1))
		status=0
		said=$(larder_preload ./reader "$MOUNT/f" "$MOUNT" 2>&1) || status=$?
		[ $status = 0 ] || fail "$CC -fsanitize=$kind: status $status: $said"
		assert_equal "$wanted" "$said" "$CC -fsanitize=$kind"
	done
done
[ $tried != 0 ] || { echo "$TEST: skipped: no compiler has a sanitizer's runtime" && exit "$SKIP"; }
echo "$TEST: $tried kinds"
assert_equal '' "$(find "$T/reports" -type f -exec cat {} + 2>/dev/null)" 'the reports'
