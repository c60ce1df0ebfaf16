#!/bin/bash
# Under the filter of a container engine, which refuses new kinds of calls in one way or another, an agent is started and what it
# gets is served; without /proc too.
. "$(dirname "$0")/../lib/lib.sh"
requires cc tar find perl python3
ORIGIN=file://$ORIGIN_DIR
"$LIB/tree" "$ORIGIN_DIR/demo"
cp -a "$ORIGIN_DIR/demo" plain
demo_config
cc -o seccomp "$LIB/seccomp.c"
status=0
./seccomp true || status=$?
[ $status = 0 ] || { echo "$TEST: skipped: may not set a filter" && exit "$SKIP"; }
assert_fails_with 'Operation not permitted' ./seccomp unshare -r true

for state in cold warm; do
	./seccomp sh "$LIB/same-output" "$SHIM" "$T/plain" "$MOUNT" bash <"$LIB/programs.lines" >said || fail "$state: $(cat said)"
done
if unshare -rm true 2>/dev/null; then
	# The agent needs one of openat2 and /proc for a folder as remote: it runs outside, and what it was refused is not taken to be gone.
	without_proc() { unshare -rm sh -c 'mount -t tmpfs tmpfs /proc && exec ./seccomp "$@"' - "$@"; }
	without_proc sh "$LIB/same-output" "$SHIM" "$T/plain" "$MOUNT" bash <"$LIB/programs.lines" >said || fail "without /proc: $(cat said)"
	stop_agent
	rm -rf "$CACHE"
	assert_fails_with 'Input/output error' without_proc env LD_PRELOAD="$SHIM" cat "$MOUNT/a.txt"
fi
