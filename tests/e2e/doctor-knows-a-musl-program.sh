#!/bin/bash
# larder doctor, built with glibc, knows what musl-gcc makes.
. "$(dirname "$0")/../lib/lib.sh"

requires musl-gcc
ORIGIN=http://127.0.0.1:9
demo_config
printf 'int main(void) { return 0; }\n' >p.c
musl-gcc -o p p.c
said=$("$LARDER" doctor ./p || true)
assert_contains "$said" 'FAIL  program: ./p is linked with another libc'
