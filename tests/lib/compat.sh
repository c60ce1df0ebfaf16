# shellcheck shell=bash
# For tests that compare what programs show over a virtual tree with what they show over a local copy: sourced after lib.sh. A test may
# put a third tree into MORE, and then compares all lines of its tables (tests/compat/commands/NAME.txt; the head of
# tests/compat/differential.py says how to write them):
#
#	. "$(dirname "$0")/../lib/lib.sh"
#	. "$LIB/compat.sh"
#	compare_programs NAME…
#
# LINE_SECONDS is the longest that a line may take. In the environment: only=REGEX takes only lines of matching names, verbose=1 shows those
# that are the same too, NO_PRIVATE_MOUNTS=1 does as where they are not permitted.

SHARED_TREE=${SHARED_SWIFT:+$(dirname "$SHARED_SWIFT")/tree}
TREE=''
MORE=$T/more MORE_REMOTE="remote = file://$T/more"
ONLY=${only:-} VERBOSE=${verbose:-}
mkdir -p "$T/mnt"

start_tree() {
	[ -z "$TREE" ] || return 0
	start_swift
	[ -z "$SHARED_TREE" ] || TREE=$(cat "$SHARED_TREE" 2>/dev/null) || true
	[ ! -d "$TREE" ] || return 0
	# Nobody has made one for this run.
	if [ -n "$SWIFT_DIR" ]; then echo "$SWIFT_DIR" >"$T/swift"; else cp "$SHARED_SWIFT" "$T/swift"; fi
	TMPDIR=$T "$LIB/tree-fixture" up "$T/tree" "$T/swift" || fail 'the tree cannot be made'
	TREE=$(cat "$T/tree")
}

# make_heavy PART…: these parts of the tree for programs that are heavy to install become MORE.
make_heavy() { python3 "$SOURCE/tests/compat/heavy.py" "$MORE" "$@"; }

# more_into_s3 [SETTING…]: MORE comes from S3 instead of from its folder.
more_into_s3() {
	start_tree
	python3 "$LIB/s3.py" put-tree "$BUCKET" "$MORE"
	python3 "$LIB/s3.py" list "$BUCKET" >"$T/more.listing"
	mkdir "$T/times" && ln -s "$MORE" "$T/times/data"
	python3 "$SOURCE/tests/compat/tree.py" times "$T/times" "$T/more.listing"
	MORE_REMOTE=$(printf '%s\n' "remote = s3://$BUCKET" "endpoint = $S3_ENDPOINT" "$@")
}

# compare_programs TABLE…
compare_programs() {
	local name roots
	start_tree
	roots=("R=$TREE/data" "B=$TREE/byte")
	[ ! -d "$MORE" ] || roots+=("X=$MORE")
	# Its own cache for each line: the location is put in by the runner.
	cat >"$LARDER_CONFIG" <<-END
		[cache]
		location = @CACHE@
		retries = 2
		idle_exit = 60s
		[profile data]
		remote = s3://$(cat "$TREE/../bucket")
		endpoint = $S3_ENDPOINT
		path = $T/mnt/data
		[profile byte]
		remote = file://$TREE/byte
		path = $T/mnt/byte
	END
	[ ! -d "$MORE" ] || printf '[profile more]\n%s\npath = %s\n' "$MORE_REMOTE" "$T/mnt/more" >>"$LARDER_CONFIG"
	for name; do set -- "$@" "$SOURCE/tests/compat/commands/$name.txt" && shift; done
	python3 "$SOURCE/tests/compat/differential.py" top="$T" shim="$SHIM" larder="$LARDER" only="$ONLY" verbose="$VERBOSE" seconds="${LINE_SECONDS:-}" \
		"${roots[@]}" "$@" || case $? in
	"$SKIP") exit "$SKIP" ;;
	*) fail 'programs see a difference' ;;
	esac
}
