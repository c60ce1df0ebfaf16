#!/bin/bash
# A child of vfork opens, stats and changes into what is virtual, on the memory of its parent; spawned programs read.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/company.sh"

assert_condition vfork-child 40
