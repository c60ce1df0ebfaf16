#!/bin/bash
# 64 threads that open, stat and list at once: ThreadSanitizer, compiled into the shim's own objects, has nothing to say.
# timeout: 180
. "$(dirname "$0")/../lib/lib.sh"

requires gcc setarch
version=$(sed -nE 's/^project\(larder VERSION ([0-9.]+).*/\1/p' "$SOURCE/CMakeLists.txt")
inih=$(gcc -print-file-name=libinih.a)
mkdir bin lib
ln -s "$LARDER" bin/larder
(cd "$SOURCE" && gcc -w -fsanitize=thread -g -O1 -std=gnu11 -fPIC -shared -fvisibility=hidden -D_GNU_SOURCE -I. \
	-DLARDER_VERSION="\"$version\"" -DLARDER_BINDIR='"/"' -DLARDER_LIBDIR='"/"' -o "$T/lib/liblarder.so" \
	shim/*.c cache/read/*.c fetch/client/*.c "$inih" -Wl,--exclude-libs,ALL -Wl,-z,now -Wl,-Bsymbolic-functions)
gcc -fsanitize=thread -g -O1 -std=gnu11 -D_GNU_SOURCE -o conditions "$SOURCE/tests/lib/conditions.c" -lpthread
for i in {0..99}; do
	mkdir -p "$ORIGIN_DIR/demo"
	echo "$i" >"$ORIGIN_DIR/demo/$i"
done
ORIGIN=file://$ORIGIN_DIR
demo_config
# The sanitizer wants its addresses where they usually are. The agent runs already: its start looks like a fork to the sanitizer, which
# does not see either that memory which the shim gave back itself is another's later.
larder_preload ls "$MOUNT" >ls.out
export TSAN_OPTIONS=die_after_fork=0:exitcode=66
setarch -R env LD_PRELOAD="$T/lib/liblarder.so" ./conditions readers "$MOUNT" 100 >said 2>&1 ||
	fail "$(head -n 40 said)"
assert_contains_not "$(cat said)" WARNING
