#!/bin/bash
# larder run adds to LD_PRELOAD and takes nothing out.
. "$(dirname "$0")/../lib/lib.sh"

write_config </dev/null
said=$(LD_PRELOAD=/lib/x86_64-linux-gnu/libm.so.6 "$LARDER" run -- bash -c 'echo "$LD_PRELOAD"')
assert_contains "$said" libm.so.6
assert_contains "$said" liblarder.so
