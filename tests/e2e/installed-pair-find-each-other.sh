#!/bin/bash
# An installed larder and liblarder.so find each other, wherever they were moved as a pair.
. "$(dirname "$0")/../lib/lib.sh"

requires cmake
make_file "$ORIGIN_DIR/demo/x" 1000
start_nginx
demo_config
cmake --install "$LARDER_BUILD" --prefix "$T/first" >/dev/null
mv first second
prefix=$T/second
SHIM=$(find "$prefix" -name liblarder.so)
assert_equal "$(digest "$ORIGIN_DIR/demo/x")" "$(read_object "$MOUNT/x")" 'from the shim'
assert_equal "$prefix/bin/larder" "$(readlink "/proc/$(agent_pids)/exe")" 'the agent' 
"$prefix/bin/larder" agent --stop
"$prefix/bin/larder" run -- cmp "$MOUNT/x" "$ORIGIN_DIR/demo/x"
assert_contains "$("$prefix/bin/larder" run -- bash -c 'echo "$LD_PRELOAD"')" "$SHIM"
[ -n "$(find "$prefix" -name 'larder.1*')" ] || fail 'no man page'
