#!/bin/bash
# With cache = off, links do not lead out of the folder where the engine of a container refuses openat2 either.
. "$(dirname "$0")/../lib/lib.sh"
requires cc
cc -o seccomp "$LIB/seccomp.c"
status=0
./seccomp true || status=$?
[ $status = 0 ] || { echo "$TEST: skipped: may not set a filter" && exit "$SKIP"; }

mkdir -p remote/sub remote2 && echo one >remote/sub/file && echo secret >outside && echo secret >remote2/file
ln -s sub/file remote/in && ln -s ../outside remote/out && ln -s ../remote2 remote/beside
write_config <<-END
	[profile demo]
	remote = file://$T/remote
	path = $MOUNT
	cache = off
END
for name in sub/file in; do assert_equal one "$(larder_preload ./seccomp cat "$MOUNT/$name")" "$name"; done
for name in out beside/file; do
	for command in cat stat; do assert_fails_with 'No such file or directory' larder_preload ./seccomp "$command" "$MOUNT/$name"; done
done
