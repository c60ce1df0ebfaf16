#!/bin/bash
# Threads that are cancelled among virtual calls leave no descriptor and no mapping. (Of plain files
# glibc loses descriptors: its open can be cancelled when the kernel has opened already.)
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/company.sh"

assert_condition cancelled 40 false
