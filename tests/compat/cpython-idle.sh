#!/bin/bash
# CPython's own tests of files and paths have the same results with and without the preload, and while virtual files are open.
# timeout: 180
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/cpython.sh"
requires "$PYTHON"
have_cpython_tests || {
	echo "$TEST: skipped: needs $CPYTHON_TESTS"
	exit "$SKIP"
}

cpython_arms test_file test_fileio test_fnmatch test_genericpath test_glob test_os test_posix test_posixpath test_stat
