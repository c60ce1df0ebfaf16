#!/bin/bash
# With stdin, stdout or stderr closed, the file that a program opens gets the number, and nothing of ours ever.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/company.sh"

assert_condition closed-standard 20
