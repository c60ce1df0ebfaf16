# shellcheck shell=bash
# Sourced before lib.sh: the test goes on in a mount namespace of its own, or is skipped.
if [ "${OWN_MOUNTS:-}" != 1 ]; then
	for how in -m -rm; do
		if unshare $how mount -t tmpfs none /mnt 2>/dev/null; then
			exec env OWN_MOUNTS=1 unshare $how "$BASH" "$0" "$@"
		fi
	done
	echo 'skipped: may not mount file systems in a namespace'
	exit 77
fi
