#!/bin/bash
# Programs that read the whole tree show the same over a virtual tree as over a local one.
# timeout: 600
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/compat.sh"

compare_programs everything
