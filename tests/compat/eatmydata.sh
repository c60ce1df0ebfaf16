#!/bin/bash
# libeatmydata, which has an open of its own, before or behind the shim.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/company.sh"

requires_library libeatmydata.so eatmydata
serve_tree
assert_reads_with "$LIBRARY"
assert_equal hello "$(larder_preload eatmydata cat "$MOUNT/f")" eatmydata
