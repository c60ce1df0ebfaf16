# shellcheck shell=bash
# Agents on file systems that lie (lies.c): sourced after lib.sh. Each is started by hand with a runtime directory of its own, so that
# nothing but the cache is between them.
LIES=$LARDER_BUILD/tests/liblies.so

# start_agent_on NAME HOST LIE…: the agent NAME, on the host HOST as it believes.
start_agent_on() {
	local name=$1 host=$2
	shift 2
	[ -e "$LIES" ] || fail "not built: $LIES"
	mkdir -p -m 0700 "$T/run.$name"
	XDG_RUNTIME_DIR=$T/run.$name LD_PRELOAD=$LIES LARDER_LIES="host=$host $*" "$LARDER" agent >>"$T/$name.log" 2>&1 </dev/null &
	SERVERS+=($!)
	AGENTS[$name]=$!
	wait_until 20 answers "$name"
}
declare -A AGENTS=()

answers() { [[ $(by "$1" "$LARDER" agent --status 2>/dev/null) == *pid* ]]; }

# by NAME CMD…: CMD as a client of that agent.
by() { XDG_RUNTIME_DIR=$T/run.$1 "${@:2}"; }

# read_by NAME PATH: the SHA-256 that a program gets from that agent.
read_by() { XDG_RUNTIME_DIR=$T/run.$1 read_object "$2"; }

# make_objects N [BYTES]: objects 0 to N-1 at the origin; their digests in the file wanted.
make_objects() {
	local i
	for ((i = 0; i < $1; i++)); do make_file "$ORIGIN_DIR/demo/$i" $((${2:-100000} + i)) "$i"; done
	(cd "$ORIGIN_DIR/demo" && sha256sum -- * | sort) >wanted
}

# all_read N NAME…: the agents' clients read the objects 0 to N-1 all at once, and each reads the right bytes.
all_read() {
	local n=$1 name pid readers=()
	shift
	seq -f "$MOUNT/%g" 0 $((n - 1)) >names
	for name; do
		XDG_RUNTIME_DIR=$T/run.$name LD_PRELOAD=$SHIM xargs -a names -P "$n" -n 1 sha256sum >"got.$name" &
		readers+=($!)
	done
	for pid in "${readers[@]}"; do wait "$pid" || fail 'a reader failed'; done
	for name; do assert_equal "$(cat wanted)" "$(sed "s,$MOUNT/,," "got.$name" | sort)" "what clients of $name read"; done
}

# assert_downloads N MOST: of each of the objects 0 to N-1.
assert_downloads() {
	local i
	for ((i = 0; i < $1; i++)); do assert_at_most "$2" "$(origin_requests "^GET /demo/$i 20")" "downloads of $i"; done
}

# end_agent NAME: in good order, so that all it has is published.
end_agent() { by "$1" "$LARDER" agent --stop >/dev/null; wait "${AGENTS[$1]}" || true; }
