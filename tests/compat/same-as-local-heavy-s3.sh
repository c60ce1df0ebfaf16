#!/bin/bash
# Python and Node show the same over a tree in S3 as over a local one: walks, every way to name, open and map a file, and modules.
# timeout: 600
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/compat.sh"

make_heavy files code data
more_into_s3 'executable = script'
: "${ONLY:=see|code|database|main|module}"
compare_programs heavy-python heavy-node
