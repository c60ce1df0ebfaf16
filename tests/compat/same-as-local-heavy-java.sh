#!/bin/bash
# Java shows the same over a virtual tree as over a local one.
# timeout: 600
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/compat.sh"

make_heavy files code java
compare_programs heavy-java
