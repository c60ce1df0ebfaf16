#!/bin/bash
# What stat says of an object does not depend on whether it is cached.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/dir/x" 100000
write_manifest "$ORIGIN_DIR/demo"
start_nginx
demo_config -- 'manifest = manifest.tsv'
format='%n %s %Y %Z %i %d %a %h %b %u %g %F'
before=$(larder_preload stat -c "$format" "$MOUNT/dir/x")
opened=$(larder_preload bash -c 'stat -c "$2" - <"$1"' bash "$MOUNT/dir/x" "${format#%n }")
assert_equal "$before" "$(larder_preload stat -c "$format" "$MOUNT/dir/x")" 'after the fill'
assert_equal "${before#* }" "$opened" 'of the descriptor'
stop_agent
assert_equal "$before" "$(larder_preload stat -c "$format" "$MOUNT/dir/x")" 'with a new agent'
