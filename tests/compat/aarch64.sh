#!/bin/bash
# Programs of an AArch64 machine, under an emulator, see a plain read-only tree by a shim that was built for it.
# timeout: 600
exec "$(dirname "$0")/../../scripts/test-aarch64"
