#!/bin/bash
# After closefrom and close_range everything is read as before: no descriptor of ours was among them.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/company.sh"

assert_condition closed-range 20
