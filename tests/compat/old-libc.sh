#!/bin/bash
# Programs of older Debian releases, with their own libc, see a plain read-only tree.
# timeout: 600
exec "$(dirname "$0")/../../scripts/test-old-libc"
