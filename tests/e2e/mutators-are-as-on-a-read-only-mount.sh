#!/bin/bash
# Every call that changes a file system answers below a prefix as it does on a read-only mount of the same files, whatever the path looks like.
. "$(dirname "$0")/../lib/lib.sh"
requires cc unshare mount
unshare -m true 2>/dev/null || { echo "$TEST: skipped: may not make a mount namespace" && exit "$SKIP"; }

ORIGIN=file://$ORIGIN_DIR
for file in "$ORIGIN_DIR/demo/f" "$ORIGIN_DIR/demo/d/g" real/f; do make_file "$file" 1000; done
mkdir -p real/d "$T/mnt"
demo_config
cc -O -w -D_GNU_SOURCE -o mutators "$SOURCE/tests/lib/mutators.c"

larder_preload ls -R "$MOUNT" >/dev/null # what is below a file is known not to be a folder
larder_preload ./mutators "$MOUNT" "$T/real" >virtual
assert_equal '' "$(ls -A "$T/mnt")" 'on the disk at the prefix'
mkdir "$MOUNT"
# shellcheck disable=SC2016 # for the shell inside
unshare -m sh -c 'mount --bind "$1" "$2" && mount -o remount,bind,ro "$2" && ./mutators "$2" "$3"' \
	sh "$ORIGIN_DIR/demo" "$MOUNT" "$T/real" >kernel
assert_at_least 5000 "$(wc -l <kernel)" 'calls that were made'
diff kernel virtual >differences || fail "$(grep -c '^>' differences) of $(wc -l <kernel) calls differ: $(head -n 40 differences)"
assert_equal 'd f' "$(find real -mindepth 1 -printf "%P\n" | sort | xargs)" 'what was real'
