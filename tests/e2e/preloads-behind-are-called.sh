#!/bin/bash
# The real function is that of another preloaded object behind the shim, whatever hash table that has, and also where it is an
# indirect one.
. "$(dirname "$0")/../lib/lib.sh"
requires cc readelf
ORIGIN=file://$ORIGIN_DIR
demo_config

cat >program.c <<'END'
#include <stdio.h>
#include <unistd.h>
int main(void) { printf("%d\n", access("/no/such/file", 7)); }
END
cc -o program program.c
cat >plain.c <<'END'
int access(const char *path, int mode) { return path[0] == '/' ? 40 + mode : -1; }
END
cat >indirect.c <<'END'
static int chosen(const char *path, int mode) { return path[0] == '/' ? 40 + mode : -1; }
static void *choose(void) { return chosen; }
int access(const char *path, int mode) __attribute__((ifunc("choose")));
END
for style in gnu sysv both; do
	for kind in plain indirect; do
		cc -w -shared -fPIC -Wl,--hash-style=$style -o behind.so $kind.c
		assert_equal 47 "$(LD_PRELOAD="$SHIM $T/behind.so" ./program)" "$kind, --hash-style=$style"
	done
done
assert_equal -1 "$(larder_preload ./program)" 'libc alone'

# Also where the program is started by the loader's name, so that the kernel knows of the loader only.
loader=$(readelf -lW program | sed -n 's/.*interpreter: \(.*\)]/\1/p')
assert_equal 47 "$(LD_PRELOAD="$SHIM $T/behind.so" "$loader" ./program)" 'started by the loader'
