#!/bin/bash
# Programs that read the whole tree show the same over a virtual tree as over a local one.
# timeout: 1200
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/compat.sh"

LINE_SECONDS=300
compare_programs everything
