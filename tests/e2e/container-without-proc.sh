#!/bin/bash
# Where no /proc is mounted, programs see what they see elsewhere: an agent that runs outside serves them, and one that was started
# there does.
. "$(dirname "$0")/../lib/lib.sh"
requires tar find perl python3
requires_unshare -rm
ORIGIN=file://$ORIGIN_DIR
"$LIB/tree" "$ORIGIN_DIR/demo"
cp -a "$ORIGIN_DIR/demo" plain
demo_config 'ttl = 1s'
# shellcheck disable=SC2016 # for the inner shell
without_proc() { unshare -rm sh -c 'mount -t tmpfs tmpfs /proc && exec "$@"' - "$@"; }

# compare WHAT
compare() {
	without_proc sh "$LIB/same-output" "$SHIM" "$T/plain" "$MOUNT" bash <"$LIB/programs.lines" >said || fail "$1: $(cat said)"
}

larder_preload ls "$MOUNT" >/dev/null
compare 'the agent outside, cold'
compare 'the agent outside, warm'
stop_agent
rm -rf "$CACHE"
without_proc env LD_PRELOAD="$SHIM" ls "$MOUNT" >/dev/null
compare 'the agent inside, cold'
sleep 1.1 # ttl
compare 'the agent inside, after the ttl'

# A stream that goes to another file does so without /dev/fd too.
cat >redirect.c <<'END'
#include <stdio.h>
int main(int argc, char **argv)
{
	char line[99];

	(void)argc;
	if (!freopen(argv[1], "r", stdin) || !fgets(line, sizeof line, stdin))
		return 1;
	printf("%d %s", fileno(stdin), line);
	return getchar() != 'l';
}
END
cc -o redirect redirect.c
assert_equal '0 hello one' "$(without_proc env LD_PRELOAD="$SHIM" ./redirect "$MOUNT/a.txt")" freopen
