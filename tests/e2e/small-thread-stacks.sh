#!/bin/bash
# Threads with stacks of 128 KiB read and list.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/company.sh"

assert_condition small-stacks 40
