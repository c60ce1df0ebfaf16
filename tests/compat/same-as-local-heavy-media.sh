#!/bin/bash
# ffmpeg and ImageMagick show the same over a virtual tree as over a local one.
# timeout: 600
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/compat.sh"

make_heavy data film
compare_programs heavy-media
