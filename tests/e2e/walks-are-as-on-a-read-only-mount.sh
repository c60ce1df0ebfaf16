#!/bin/bash
# glob, wordexp, ftw, nftw and fts give below a prefix what they give on a read-only mount of the same files, with whatever flags.
. "$(dirname "$0")/../lib/lib.sh"
requires cc unshare mount
unshare -m true 2>/dev/null || { echo "$TEST: skipped: may not make a mount namespace" && exit "$SKIP"; }

export ORIGIN=file://$ORIGIN_DIR
for file in f d/a d/b d/z d/.hidden d/deep/more/x d/deep/more/y e/k; do make_file "$ORIGIN_DIR/demo/$file" 100; done
demo_config
cc -O -w -D_GNU_SOURCE -o walks "$SOURCE/tests/lib/walks.c"
mkdir "$T/mnt"

larder_preload ./walks "$MOUNT" >virtual
mkdir "$MOUNT"
# The order of names is the file system's; the listing has them sorted, as tmpfs has those that were made in reverse.
# shellcheck disable=SC2016 # for the shell inside
unshare -m bash -c 'set -e
	mount -t tmpfs none "$2"
	cd "$1"
	for path in $(find . -type f | sort -r); do
		mkdir -p "$2/$(dirname "$path")" && cp "$path" "$2/$path"
	done
	mount -o remount,ro "$2"; cd "$3"; ./walks "$2"' bash "$ORIGIN_DIR/demo" "$MOUNT" "$T" >kernel
assert_at_least 5000 "$(wc -l <kernel)" 'lines of the walks'
diff kernel virtual >differences || fail "$(grep -c '^[<>]' differences) lines of $(wc -l <kernel) differ: $(head -n 40 differences)"
