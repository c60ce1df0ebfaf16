#!/bin/bash
# Programs, scripts and libraries that the cache does not keep have no name there, and run all the same; two libraries are two.
. "$(dirname "$0")/../lib/lib.sh"
requires cc

tree=$ORIGIN_DIR/demo
mkdir -p "$tree"
cp /bin/cat "$tree/kitten"
printf '#!%s/kitten\nread\n' "$MOUNT" >"$tree/script"
chmod +x "$tree/script"
echo 'int number(void) { return 1; }' >one.c
echo 'int number(void) { return 2; }' >two.c
cc -shared -fPIC -o "$tree/one.so" one.c
cc -shared -fPIC -o "$tree/two.so" two.c
cat >load.c <<'END'
#include <dlfcn.h>
#include <stdio.h>
int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		void *h = dlopen(argv[i], RTLD_NOW);
		int (*f)(void) = h ? (int (*)(void))dlsym(h, "number") : NULL;
		printf("%d ", f ? f() : -1);
	}
	return 0;
}
END
cc -o load load.c
write_config <<END
[profile demo]
remote = file://$tree
path = $MOUNT
bypass = *
END
assert_equal here "$(echo here | larder_preload env "$MOUNT/kitten")"
assert_equal "#!$MOUNT/kitten read" "$(larder_preload env "$MOUNT/script" | xargs)"
assert_equal '1 2 1 ' "$(larder_preload ./load "$MOUNT/one.so" "$MOUNT/two.so" "$MOUNT/one.so")"
assert_cached
