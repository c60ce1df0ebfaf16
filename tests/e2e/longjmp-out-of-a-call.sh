#!/bin/bash
# A program that jumps out of virtual calls from a signal handler goes on reading.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/company.sh"

assert_condition longjmps 60
