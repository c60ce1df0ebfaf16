#!/bin/bash
# Under libfaketime a program has another time, and the shim the true one: nothing of the cache is out of date, and the
# library may open its files while it is asked.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/company.sh"

requires_library libfaketime.so.1 libfaketime
library=$LIBRARY threads=${LIBRARY%.so.1}MT.so.1
serve_tree
export FAKETIME_DONT_FAKE_MONOTONIC=0 NO_FAKE_STAT=1
for FAKETIME in '@2001-02-03 04:05:06' '+400d'; do
	export FAKETIME
	for each in "$library" "$threads"; do
		assert_reads_with "$each"
	done
	assert_equal "$(LD_PRELOAD=$library date +%Y)" "$(LD_PRELOAD="$SHIM $library" date +%Y)" 'the year'
done
# A time that is read from a file, which libfaketime opens in the middle of a call.
unset FAKETIME
echo '@2001-02-03 04:05:06' >"$T/time"
FAKETIME_TIMESTAMP_FILE=$T/time FAKETIME_NO_CACHE=1 assert_reads_with "$threads"
