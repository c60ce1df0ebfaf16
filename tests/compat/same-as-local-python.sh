#!/bin/bash
# Python's standard library shows the same over a virtual tree as over a local one.
# timeout: 180
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/compat.sh"

compare_programs python
