# shellcheck shell=bash
# For tests that other software has a part in: a small tree at MOUNT, and what programs must see of it whoever is loaded with the shim.

# serve_tree: f, sub/big (of 1 MiB) and what else a test puts below $ORIGIN_DIR/demo.
serve_tree() {
	ORIGIN=file://$ORIGIN_DIR
	make_file "$ORIGIN_DIR/demo/sub/big" 1048576
	echo hello >"$ORIGIN_DIR/demo/f"
	touch -d '2020-02-02 02:02:02Z' "$ORIGIN_DIR/demo/f"
	demo_config
}

# requires_library NAME PACKAGE: where it is in LIBRARY; skips the test without it.
requires_library() {
	LIBRARY=$(find /usr/lib/*-linux-gnu /usr/lib /usr/libexec -maxdepth 2 -name "$1" 2>/dev/null | head -n 1)
	[ -z "$LIBRARY" ] || return 0
	echo "$TEST: skipped: needs $1 (Debian's package $2)"
	exit "$SKIP"
}

# compile NAME [FLAG…]: tests/lib/NAME.c becomes ./NAME.
compile() {
	local name=$1
	shift
	requires "${CC:-cc}"
	"${CC:-cc}" -D_GNU_SOURCE -Wall -Wextra -O1 -g -pthread -I "$SOURCE" "$@" -o "$T/$name" "$LIB/$name.c"
}

# assert_reads CMD…: programs that CMD starts (env LD_PRELOAD=…, for one) read the tree as a local one: whole, relatively, by listing, and in a
# process of their own.
assert_reads() {
	local said
	said=$("$@" bash -c '
		cat "$1/f" && cmp "$1/sub/big" "$2/sub/big" && stat -c "%s %Y %A" "$1/f" && ls "$1" && cd "$1/sub" && pwd && ls -l | wc -l
		cat <../f
		cat "$1/missing" || touch "$1/new"
	' bash "$MOUNT" "$ORIGIN_DIR/demo" 2>&1) || true
	said=${said//\/usr\/bin\//} # valgrind gives programs their whole names
	assert_equal "hello
6 1580608922 -r--r--r--
f
sub
$MOUNT/sub
2
hello
cat: $MOUNT/missing: No such file or directory
touch: cannot touch '$MOUNT/new': Read-only file system" "$said" "with $*"
}

# assert_reads_with LIBRARY: the same with the library before the shim and behind it.
assert_reads_with() {
	assert_reads env LD_PRELOAD="$1 $SHIM"
	assert_reads env LD_PRELOAD="$SHIM $1"
}

# serve_numbers COUNT: the files 0 to COUNT - 1, which hold their names; the directory is in NUMBERS.
serve_numbers() {
	local i
	ORIGIN=file://$ORIGIN_DIR
	mkdir -p "$ORIGIN_DIR/demo/numbers"
	for ((i = 0; i < $1; i++)); do echo "$i" >"$ORIGIN_DIR/demo/numbers/$i"; done
	NUMBERS=$MOUNT/numbers
	demo_config
}

# assert_condition WHAT COUNT [FAIR]: what tests/lib/conditions.c has under that name, cold; and before that over plain files, which
# says that it is fair (false: libc's own calls do not pass).
assert_condition() {
	compile conditions -O2
	serve_numbers "$2"
	! "${3:-true}" || ./conditions "$1" "$ORIGIN_DIR/demo/numbers" "$2" || fail 'over plain files'
	larder_preload ./conditions "$1" "$NUMBERS" "$2" || fail 'over virtual ones'
}
