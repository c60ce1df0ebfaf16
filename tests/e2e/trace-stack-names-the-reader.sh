#!/bin/bash
# LARDER_TRACE=stack says of each miss, and of no hit, which functions of the program led to it, in which objects.
. "$(dirname "$0")/../lib/lib.sh"

requires cc addr2line
ldconfig -p | grep 'libunwind\.so\.8' >found || { echo "$TEST: skipped: needs libunwind8" && exit "$SKIP"; }
ORIGIN=file://$ORIGIN_DIR
mkdir -p "$ORIGIN_DIR/demo"
for name in x y z; do echo "$name" >"$ORIGIN_DIR/demo/$name"; done
demo_config
cat >plugin.c <<'END'
#include <stdio.h>
int plugin_load(const char *path)
{
	FILE *f = fopen(path, "r");
	int c = f ? getc(f) : -1;
	return f ? fclose(f), c : -1;
}
END
cat >reader.c <<'END'
int plugin_load(const char *path);
__attribute__((noinline)) static int load_weights(const char *path)
{
	int c = plugin_load(path);
	return c > 0 ? 0 : 1; /* not a tail call */
}
int main(int argc, char **argv)
{
	int failed = load_weights(argv[argc - 1]);
	return failed;
}
END
cc -g -O1 -shared -fPIC -o libplugin.so plugin.c
cc -g -O1 -pie -o reader reader.c -L. -lplugin -Wl,-rpath,"$T"
cc -g -O1 -no-pie -o reader-fixed reader.c -L. -lplugin -Wl,-rpath,"$T"
trace() { { LARDER_TRACE=stack larder_preload "$@" >/dev/null; } 2>&1; }

# frames TRACE: the functions and objects, up to main.
frames() { sed -nE 's/^larder [0-9]+ #([0-9]+) ([^ +]+).* \((.*)\+0x[0-9a-f]+\)$/\1 \2 \3/p' <<<"$1" | sed '/ main /q'; }
for program in reader reader-fixed; do
	file=${program/reader-fixed/y} file=${file/reader/x}
	said=$(trace ./$program "$MOUNT/$file")
	assert_contains "$said" " fopen \"$MOUNT/$file\" = ok miss "
	assert_equal "0 plugin_load $T/libplugin.so
1 load_weights $T/$program
2 main $T/$program" "$(frames "$said")" "the stack of $program"
	# What stands behind the object is what addr2line takes; a return address is behind its call.
	address=$(sed -nE 's/^larder .* load_weights.*\+(0x[0-9a-f]+)\)$/\1/p' <<<"$said")
	assert_equal reader.c:4 "$(addr2line -e $program "$(printf '0x%x' $((address - 1)))" | sed 's,.*/,,; s/ .*//')" "the place in $program"
	wait_until 10 compgen -G "$CACHE/data/*/$file" >/dev/null
	said=$(trace ./$program "$MOUNT/$file")
	assert_contains "$said" ' hit '
	assert_contains_not "$said" '#0'
done
assert_contains_not "$said" liblarder

# With a file, both.
LARDER_TRACE=stack,$T/trace larder_preload ./reader "$MOUNT/z" 2>said
assert_equal '' "$(cat said)"
assert_contains "$(frames "$(cat trace)")" 'load_weights'
