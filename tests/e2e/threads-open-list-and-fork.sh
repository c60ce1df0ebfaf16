#!/bin/bash
# 64 threads open, list and fork at once.
# timeout: 120
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/company.sh"

assert_condition threads 200
