#!/bin/bash
# Programs that were built against musl see a plain read-only tree, and the shim that serves them exports what it should.
# timeout: 900
"$(dirname "$0")/../../scripts/test-musl" && exec "$(dirname "$0")/../../scripts/check-exports"
