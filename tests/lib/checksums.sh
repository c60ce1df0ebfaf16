# shellcheck shell=bash
# shellcheck disable=SC2034 # what is not used here is for the tests
# Tests of checksums, after lib.sh: a server that gives all that S3 has (fake_s3_checksum.py).

# start_s3_checksums <<END: serves these objects, lines as the server wants them, at S3_ENDPOINT; the credentials are in the environment.
start_s3_checksums() {
	local try pid port dir=$T/s3
	requires python3
	mkdir -p "$dir"
	cat >"$dir/objects"
	for ((try = 0; try < PORT_TRIES; try++)); do
		port=$(guess_port)
		python3 "$LIB/fake_s3_checksum.py" "$port" "$dir" >"$dir/out" 2>"$dir/server.log" </dev/null &
		pid=$!
		while kill -0 $pid 2>/dev/null && [ ! -s "$dir/out" ]; do sleep 0.02; done
		if grep -q ready "$dir/out"; then
			SERVERS+=("$pid")
			S3_ENDPOINT=http://127.0.0.1:$port BUCKET=bucket
			export S3_ENDPOINT AWS_ACCESS_KEY_ID=test:tester AWS_SECRET_ACCESS_KEY=testing
			return
		fi
	done
	fail "the server does not start: $(tail -n 3 "$dir/server.log")"
}

# s3_requests PATTERN: how many of its requests match.
s3_requests() { grep -cE -- "$1" "$T/s3/requests" || true; }
