#!/bin/bash
# Offline, what is cached is served however old it is, what was listed is listed, and the rest is ENETUNREACH; no
# request leaves the machine. Others go on asking the remote by the same agent.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/dir/x" 100000 1
make_file "$ORIGIN_DIR/demo/dir/y" 100000 2
make_file "$ORIGIN_DIR/demo/other/z" 1000 3
write_manifest "$ORIGIN_DIR/demo"
start_nginx
printf '%s\n' 'ttl = 0' 'negative_ttl = 0' '[profile demo]' "remote = $ORIGIN/demo" "path = $MOUNT" 'manifest = manifest.tsv' \
	'[profile plain]' "remote = $ORIGIN/demo" "path = $T/mnt/plain" | write_config
wanted=$(digest "$ORIGIN_DIR/demo/dir/x")
offline() { LARDER_OFFLINE=1 LD_PRELOAD=$SHIM "$@"; }
assert_unreachable() { assert_fails_with 'Network is unreachable' offline "$@"; }

for folder in "$MOUNT" "$T/mnt/plain"; do read_object "$folder/dir/x" >/dev/null; done
larder_preload ls "$MOUNT/dir" >/dev/null
stop_agent
make_file "$ORIGIN_DIR/demo/dir/x" 100000 9
forget_requests

# Everything that is cached, without any agent.
for folder in "$MOUNT" "$T/mnt/plain"; do
	assert_equal "$wanted" "$(offline sha256sum "$folder/dir/x" | cut -d' ' -f1)"
	assert_equal 100000 "$(offline stat -c %s "$folder/dir/x")"
done
assert_equal "$(printf 'x\ny')" "$(offline ls "$MOUNT/dir")"
assert_equal directory "$(offline stat -c %F "$T/mnt/plain/dir")" 'a folder with cached objects'
no_agent || fail 'an agent was started for what is cached'

# The rest.
assert_unreachable cat "$MOUNT/dir/y"
assert_equal 100000 "$(offline stat -c %s "$MOUNT/dir/y")" 'a size that was listed'
assert_fails_with 'No such file' offline cat "$MOUNT/dir/no-such"
assert_unreachable cat "$T/mnt/plain/dir/y"
assert_unreachable stat "$T/mnt/plain/dir/y"
assert_unreachable ls "$T/mnt/plain/dir"
assert_contains "$(LARDER_OFFLINE=1 "$LARDER" run -- cat "$T/mnt/plain/dir/y" 2>&1 || true)" 'LARDER_OFFLINE is set'
LARDER_OFFLINE=1 "$LARDER" stat "$MOUNT/dir/x" >said
assert_contains "$(cat said)" 'LARDER_OFFLINE is set'
assert_contains "$(LARDER_OFFLINE=1 "$LARDER" doctor cat "$MOUNT/dir/x")" 'is not asked: LARDER_OFFLINE is set'
assert_equal 0 "$(origin_requests)" 'requests while offline'

# The same agent, for who is not.
assert_equal "$(digest "$ORIGIN_DIR/demo/dir/x")" "$(read_object "$MOUNT/dir/x")" 'the new version, online'
assert_equal 1 "$(agent_pids | wc -l)" agents
read_object "$T/mnt/plain/dir/y" >/dev/null
assert_fails_with 'No such file' larder_preload cat "$T/mnt/plain/absent"
assert_fails_with 'No such file' offline cat "$T/mnt/plain/absent"

# The setting does it for all: nothing that was answered online makes a difference.
sed -i 's/^ttl = 0/&\noffline = true/' "$LARDER_CONFIG"
stop_agent
forget_requests
assert_equal "$(digest "$ORIGIN_DIR/demo/dir/y")" "$(read_object "$T/mnt/plain/dir/y")"
assert_fails_with 'Network is unreachable' larder_preload cat "$T/mnt/plain/other/z"
assert_fails_with 'Network is unreachable' larder_preload cat "$MOUNT/other/z"
assert_equal 0 "$(origin_requests)" 'requests with offline = true'
