#!/bin/bash
# Where libunwind is missing, LARDER_TRACE=stack says so once, and the lines are there. Without it, libunwind is not loaded.
. "$(dirname "$0")/../lib/lib.sh"

requires cc
ORIGIN=file://$ORIGIN_DIR
mkdir -p "$ORIGIN_DIR/demo"
echo x >"$ORIGIN_DIR/demo/x"
demo_config
cat >none.c <<'END'
#include <stddef.h>
void *dlopen(const char *file, int mode)
{
	(void)file, (void)mode;
	return NULL;
}
END
cc -shared -fPIC -o none.so none.c
said=$(LD_PRELOAD="$SHIM $T/none.so" LARDER_TRACE=stack cat "$MOUNT/x" 2>&1 >/dev/null)
assert_equal 1 "$(grep -c 'libunwind.so.8 cannot be loaded' <<<"$said")" complaints
assert_contains "$said" "open \"$MOUNT/x\" = "
assert_contains_not "$said" '#0'

assert_equal 0 "$(LARDER_TRACE=1 larder_preload cat /proc/self/maps 2>/dev/null | grep -c libunwind || true)" 'mappings with LARDER_TRACE=1'
assert_equal 0 "$(larder_preload cat /proc/self/maps | grep -c libunwind || true)" 'mappings without a trace'
