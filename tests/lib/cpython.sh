# shellcheck shell=bash
# CPython's own tests under the preload: for scripts/test-cpython and the tests of that name. After lib.sh.

PYTHON=/usr/bin/python3 # the one whose tests Debian has
# shellcheck disable=SC2034 # for whoever skips
CPYTHON_TESTS=$($PYTHON -c 'import sys; print("libpython%d.%d-testsuite" % sys.version_info[:2])' || true)

have_cpython_tests() { $PYTHON -c 'import test.test_os' 2>/dev/null; }

# cpython_arms MODULE…: the table, and what differs; fails if anything does. Logs and outcomes stay in T/runs.
cpython_arms() {
	mkdir "$ORIGIN_DIR/tree" "$T/runs"
	echo content >"$ORIGIN_DIR/tree/file"
	# A prefix that is not on the disk, beside the schemes that are always there.
	write_config <<-END
		[profile tree]
		remote = file://$ORIGIN_DIR/tree
		path = $MOUNT
	END
	cp "$LIB/cpython.py" "$T" # what a long run starts again and again stays as it is
	SHIM=$SHIM REAL=$ORIGIN_DIR/tree VIRTUAL=$MOUNT $PYTHON "$T/cpython.py" arms "$T/runs" "${JOBS:-2}" "$@"
}
