#!/bin/bash
# A signal handler opens and stats what is virtual, whatever call of the shim it interrupts.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/company.sh"

assert_condition handler 60
