#!/bin/bash
# The agent keeps no descriptor, folder or terminal of the program that started it.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/x" 1000
start_nginx
demo_config
mkdir here
(cd here && larder_preload cat "$MOUNT/x" 7>"$T/held" >/dev/null)
agent=$(agent_pids)
[ -n "$agent" ] || fail 'no agent'
assert_equal / "$(readlink "/proc/$agent/cwd")" 'its folder'
assert_contains_not "$(readlink /proc/"$agent"/fd/*)" "$T/held"
assert_contains_not "$(tr '\0' '\n' <"/proc/$agent/environ")" LD_PRELOAD
assert_equal 0 "$(awk '{ print $7 }' "/proc/$agent/stat")" 'its terminal'
