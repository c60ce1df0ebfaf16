#!/bin/bash
# Where the agent dies as soon as it is started, its first caller gets EIO at once and not after the time for a start.
. "$(dirname "$0")/../lib/lib.sh"

ORIGIN=file://$ORIGIN_DIR
demo_config
# The shim starts the command that lies beside its own folder.
mkdir lib bin
cp "$SHIM" lib
SHIM=$T/lib/liblarder.so
# The time for a start is ten seconds.
for agent in 'exit 3' 'kill -9 $$'; do
	rm -rf "$XDG_RUNTIME_DIR/larder"
	printf '#!/bin/sh\n%s\n' "$agent" >bin/larder
	chmod +x bin/larder
	started=$(date +%s%N)
	assert_fails_with 'Input/output error' larder_preload cat "$MOUNT/f"
	assert_at_most 9000 $((($(date +%s%N) - started) / 1000000)) "milliseconds with an agent that does: $agent"
done
