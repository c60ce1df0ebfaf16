#!/bin/bash
# Paths in the local tier are given back to programs as those of the prefix, programs run from there, and nothing there can be changed.
. "$(dirname "$0")/../lib/lib.sh"

LOCAL=$T/local
mkdir -p "$ORIGIN_DIR/demo"
cp /bin/true "$ORIGIN_DIR/demo/program"
printf '#!/bin/sh\necho "$0"\n' >"$ORIGIN_DIR/demo/script"
start_nginx
demo_config '[local]' "location = $LOCAL" -- 'mode = copy' 'executable = program script'
for _ in 1 2; do
	larder_preload env "$MOUNT/program"
	assert_equal "$MOUNT/script" "$(larder_preload bash -c "exec 3<$MOUNT/script; readlink /proc/self/fd/3")"
	assert_equal "$MOUNT/script" "$(larder_preload env "$MOUNT/script")"
	assert_equal "$MOUNT/script" "$(larder_preload realpath "$MOUNT/script")"
	stop_agent
done
[ -e "$(echo "$LOCAL"/data/*/program)" ] || fail 'the program is not in the local tier'
assert_fails_with 'Read-only' larder_preload python3 -c "import os; fd = os.open('$MOUNT/script', os.O_RDONLY); os.chmod('/proc/self/fd/%d' % fd, 0o700)"
