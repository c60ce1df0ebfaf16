#!/bin/bash
# larder agent --stop ends the agents of earlier versions of the configuration file too, and those of other files with --all alone.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/x" 1000
start_nginx
LARDER_CONFIG=$T/other.ini demo_config 'ttl = 2h'
LARDER_CONFIG=$T/other.ini read_object "$MOUNT/x" >/dev/null
demo_config
read_object "$MOUNT/x" >/dev/null
demo_config 'ttl = 1h'
read_object "$MOUNT/x" >/dev/null
assert_equal 3 "$(agent_pids | wc -l)" 'agents'
assert_equal 2 "$("$LARDER" agent --status | grep -c ^runtime_dir)" 'agents of this file'
assert_equal 3 "$("$LARDER" agent --status --all | grep -c ^runtime_dir)" 'agents of this user'
"$LARDER" agent --stop
assert_equal 1 "$(agent_pids | wc -l)" 'agents after a stop'
"$LARDER" agent --stop --all
wait_until 10 no_agent
