#!/bin/bash
# larder doctor says that a static program cannot be served by the preload.
. "$(dirname "$0")/../lib/lib.sh"

requires gcc
ORIGIN=http://127.0.0.1:9
demo_config
printf 'int main(void) { return 0; }\n' >p.c
gcc -static -o static p.c
said=$("$LARDER" doctor "$T/static" "$MOUNT/x" || true)
assert_contains "$said" static
