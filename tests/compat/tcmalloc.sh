#!/bin/bash
# Programs whose allocator is tcmalloc, preloaded before or behind the shim, read.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/company.sh"

requires_library libtcmalloc_minimal.so.4 libtcmalloc-minimal4
serve_tree
assert_reads_with "$LIBRARY"
