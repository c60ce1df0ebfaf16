#!/bin/bash
# Whatever would change a prefix fails with the words of a read-only disk.
# timeout: 180
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/compat.sh"

compare_programs changes
