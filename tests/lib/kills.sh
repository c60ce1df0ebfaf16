# shellcheck shell=bash
# Deaths at a chosen boundary of a system call (kill_at.c), and what must be true after each. After lib.sh.
#
#	kills_prepare
#	kill_agent N; kill_reader N; kill_group N      0 kills nobody, and leaves the number of boundaries in BOUNDARIES
#	kills_end
#
# Each death happens over a copy of the same cache, which is full: reading d evicts, and a has been replaced at the origin.

kills_prepare() {
	local i
	export LARDER SHIM MOUNT
	requires strace cc # where strace may not trace, kill_at may not either
	strace -o /dev/null true 2>/dev/null || { echo "$TEST: skipped: may not trace" && exit "$SKIP"; }
	cc -O -D_GNU_SOURCE -o kill_at "$LIB/kill_at.c"
	for i in 1 2 3 4; do make_file "$ORIGIN_DIR/demo/$(printf %b "\\14$i")" 300000 "$i"; done
	start_nginx
	demo_config 'size = 1M' 'ttl = 0s' 'part_size = 100K' 'object_connections = 3'
	"$LARDER" warm -q "$MOUNT/a" "$MOUNT/b" "$MOUNT/c"
	assert_cached a b c
	cp -a "$CACHE" template
	make_file new 300000 5
	touch -d '2001-01-01' new
	mv new "$ORIGIN_DIR/demo/a"
}

# The cache as it was, but for tmp/: whether what was left there goes is a question too.
kills_reset() {
	local folder
	rm -rf "$XDG_RUNTIME_DIR"/larder count
	for folder in template/*/; do
		folder=$(basename "$folder")
		[ "$folder" = tmp ] || { rm -rf "${CACHE:?}/$folder" && cp -a "template/$folder" "$CACHE"; }
	done
}

agent_listens() { [ -S "$(echo "$XDG_RUNTIME_DIR"/larder/*/agent.sock)" ] || ! kill -0 "$1" 2>/dev/null; }

# start_victim COMMAND…: an agent that will die; in VICTIM.
start_victim() {
	"$@" "$LARDER" agent >victim.log 2>&1 </dev/null &
	VICTIM=$!
	wait_until 60 agent_listens $VICTIM
}

# read_right WHO NAME…: each must be as the origin has it now.
read_right() {
	local who=$1 name got
	shift
	for name; do
		got=$(read_object "$MOUNT/$name") || fail "$who: $name cannot be read: $(cat victim.log)"
		assert_equal "${WANTED[$name]:=$(digest "$ORIGIN_DIR/demo/$name")}" "$got" "$who: $name"
	done
}
declare -A WANTED=()

# No lock on any file of the cache.
no_lock_is_held() {
	local inodes
	inodes=$(find "$CACHE" -type f -printf '%i\n')
	! awk '{ sub(/.*:/, "", $6); print $6 }' /proc/locks | grep -qxF "$inodes"
}

# A reader that died may have started an agent, which comes up when the one that served in its place has left.
all_agents_stopped() { "$LARDER" agent --stop >/dev/null && no_agent; }

# What must be true after a death: right bytes for everybody by the next agent, no lock of the dead, a sound cache.
check_after() {
	read_right "$1" d a b c
	wait_until 20 all_agents_stopped
	wait_until 20 no_lock_is_held
	"$LARDER" verify --json >report || true
	[ "$(jq '.damaged - .leftover' report)" = 0 ] || fail "$1: the cache is damaged: $(cat report)"
	assert_at_most 12 "$(find "$CACHE/tmp" -type f ! -name ".*" | wc -l)" "$1: files in tmp/" # of those that died in the last seconds
}

end_victim() {
	local status=0
	"$LARDER" agent --stop >/dev/null || true
	wait "$VICTIM" || status=$?
	BOUNDARIES=$(cat count 2>/dev/null) || BOUNDARIES=
	[ $status = 137 ] || [ -n "$BOUNDARIES" ] || fail "the victim ended with status $status: $(cat victim.log)"
}

kill_agent() {
	kills_reset
	start_victim ./kill_at -a -c count "$1"
	read_right "agent, $1" d a
	end_victim
	check_after "agent, $1"
}

kill_reader() {
	local status=0
	kills_reset
	./kill_at -c count "$1" env "LD_PRELOAD=$SHIM" cat "$MOUNT/d" >out || status=$?
	BOUNDARIES=$(cat count 2>/dev/null) || BOUNDARIES=
	[ $status != 0 ] || assert_same_file "$ORIGIN_DIR/demo/d" out
	check_after "reader, $1"
}

# The agent and the readers that it serves, all at once.
kill_group() {
	kills_reset
	# shellcheck disable=SC2016 # for the inner shell
	(setsid -w bash -c '
		./kill_at -g -a -c count "$1" "$LARDER" agent >victim.log 2>&1 </dev/null &
		agent=$!
		until [ -S "$(echo "$XDG_RUNTIME_DIR"/larder/*/agent.sock)" ]; do kill -0 $agent || exit; sleep 0.01; done
		readers=()
		for name in d a d; do LD_PRELOAD=$SHIM cat "$MOUNT/$name" >/dev/null & readers+=($!); done
		wait "${readers[@]}"
		"$LARDER" agent --stop; wait' kill_group "$1" >/dev/null 2>&1 || true) 2>/dev/null
	BOUNDARIES=$(cat count 2>/dev/null) || BOUNDARIES=
	check_after "group, $1"
}

tmp_is_empty() { [ -z "$(find "$CACHE/tmp" -type f ! -name '.*')" ]; }

# In the end, once the last leftovers are old enough, the next agent removes them all.
kills_end() {
	sleep 2.1
	read_right 'the end' d a b c
	wait_until 20 tmp_is_empty
	assert_at_most 1 "$(find "$CACHE/tmp" -type f | wc -l)" 'lock files of agents' # of the one that runs now
	stop_agent
}
