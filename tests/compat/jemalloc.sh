#!/bin/bash
# Programs whose allocator is jemalloc, preloaded before or behind the shim, read.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/company.sh"

requires_library libjemalloc.so.2 libjemalloc2
serve_tree
assert_reads_with "$LIBRARY"
