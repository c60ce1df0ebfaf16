#!/bin/bash
# Under fakeroot, whose library is before or behind the shim, the tree is read and owners of real files are the pretended ones.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/company.sh"
requires fakeroot

serve_tree
assert_reads larder_preload fakeroot
assert_reads fakeroot env LD_PRELOAD="$SHIM"
for order in '$1 $LD_PRELOAD' '$LD_PRELOAD $1'; do
	# shellcheck disable=SC2016 # fakeroot's shell has the value
	said=$(fakeroot bash -c 'LD_PRELOAD="'"$order"'" bash -c '\''
		touch real && chown 33:44 real && stat -c "%u %g" real && rm real && cat "$0/f" && stat -c %s "$0/f"'\'' "$2"' \
		bash "$SHIM" "$MOUNT" 2>&1) || true
	assert_equal "33 44
hello
6" "$said" "$order"
done
