#!/bin/bash
# A remote that asks to be left alone for a while is asked nothing meanwhile, by nobody, and copies are served; for longer than anybody waits, that is an error.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/aws.sh"

start_fake_aws
for name in a b c; do make_file "$AWS_DIR/objects/data/$name" 1000; done
export AWS_ACCESS_KEY_ID=${AWS_LONG_TERM[0]} AWS_SECRET_ACCESS_KEY=${AWS_LONG_TERM[1]}
aws_config 'ttl = 0' 'max_stale = 1h'
wanted=$(read_object "$MOUNT/c")
aws_forget
aws_set fail '503 SlowDown 99 59' # less than a reader waits, and more than the rest of this takes
asked() { [ "$(aws_requests)" -gt 0 ]; }
LD_PRELOAD=$SHIM cat "$MOUNT/a" >/dev/null 2>&1 &
readers=$!
wait_until 30 asked
LD_PRELOAD=$SHIM cat "$MOUNT/b" >/dev/null 2>&1 &
readers="$readers $!"
sleep 0.5
assert_equal "$wanted" "$(timeout 20 env LD_PRELOAD="$SHIM" sha256sum "$MOUNT/c" | cut -d' ' -f1)" 'a copy, meanwhile'
assert_equal 1 "$(aws_requests)" 'requests'
# shellcheck disable=SC2086 # a list of numbers
end_pids $readers
stop_agent

aws_set fail '503 SlowDown 99 3000'
aws_forget
assert_fails_with 'Input/output error' larder_preload cat "$MOUNT/a"
assert_fails_with 'Input/output error' larder_preload cat "$MOUNT/b"
assert_equal 1 "$(aws_requests)" 'requests'
grep -q 'the server asked for a rest (Retry-After)' "$XDG_RUNTIME_DIR"/larder/*/agent.log || fail 'the log does not say why'
