#!/bin/bash
# Without a free descriptor: EMFILE; with one, a file is read, cold too; afterwards everything.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/company.sh"

assert_condition exhausted 20
