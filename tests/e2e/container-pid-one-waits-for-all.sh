#!/bin/bash
# A program that adopts orphans and waits until it has no children left is not kept waiting by the agent, whose end is then the one
# stranger that it meets.
. "$(dirname "$0")/../lib/lib.sh"
requires cc perl
requires_unshare -rpf --mount-proc
cc -o reaper "$LIB/reaper.c"
ORIGIN=file://$ORIGIN_DIR
mkdir "$ORIGIN_DIR/demo" && echo hello >"$ORIGIN_DIR/demo/f"
demo_config
container() {
	rm -rf "$XDG_RUNTIME_DIR/larder"
	timeout -k 1 20 unshare --kill-child -rpf "$@"
}

assert_equal 'strangers 1' "$(container --mount-proc env LD_PRELOAD="$SHIM" ./reaper "$MOUNT/f" all)" 'PID 1, read by a child'
assert_equal 'strangers 1' "$(container --mount-proc env LD_PRELOAD="$SHIM" ./reaper "$MOUNT/f" all self)" 'PID 1, read by itself'
assert_equal 'strangers 1' "$(container env LD_PRELOAD="$SHIM" ./reaper "$MOUNT/f" all)" 'PID 1 with the /proc of an outer namespace'
rm -rf "$XDG_RUNTIME_DIR/larder"
assert_equal 'strangers 1' "$(larder_preload timeout -k 1 20 ./reaper "$MOUNT/f" all subreaper)" 'a subreaper'

# Shells and perl, as they come.
assert_equal $'hello\nhello\ndone' "$(container --mount-proc env LD_PRELOAD="$SHIM" bash -c 'cat $1 & cat $1 & wait; echo done' - "$MOUNT/f")" bash
assert_equal $'hello\nhello\ndone' "$(container --mount-proc env LD_PRELOAD="$SHIM" dash -c 'cat $1 & cat $1 & wait; echo done' - "$MOUNT/f")" dash
assert_equal $'hello\ndone' "$(container --mount-proc env LD_PRELOAD="$SHIM" perl -e 'if (!fork) { exec "cat", @ARGV } 1 while wait > 0; print "done\n"' "$MOUNT/f")" perl

# Zombies of its own are left to it.
assert_equal 1 "$(container --mount-proc env LD_PRELOAD="$SHIM" perl -e '
	open F, "<", @ARGV or die; <F>;
	if (!fork) { exit 0 }
	sleep 3;
	print scalar(grep { / Z / } map { local @ARGV = $_; <> } </proc/[0-9]*/stat>), "\n"' "$MOUNT/f")" zombies
