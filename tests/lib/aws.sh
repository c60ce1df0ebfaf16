# shellcheck shell=bash disable=SC2034 # what is not used here is for the tests
# The fake of AWS's places for credentials, with an S3 that takes them (fake_aws.py says what it checks).

# start_fake_aws [ADDRESS PORT]: at AWS, with the bucket data, whose objects are files of AWS_DIR/objects/data.
start_fake_aws() {
	local pid
	requires python3 curl
	AWS_DIR=$T/aws
	mkdir -p "$AWS_DIR/objects/data"
	touch "$AWS_DIR/log"
	python3 "$LIB/fake_aws.py" "$AWS_DIR" "$@" >"$AWS_DIR/fake.log" 2>&1 </dev/null &
	pid=$!
	SERVERS+=("$pid")
	while kill -0 $pid 2>/dev/null && [ ! -s "$AWS_DIR/port" ]; do sleep 0.02; done
	[ -s "$AWS_DIR/port" ] || fail "the fake of AWS does not start: $(tail -n 3 "$AWS_DIR/fake.log")"
	AWS=http://${1:-127.0.0.1}:$(cat "$AWS_DIR/port")
	AWS_LONG_TERM=(AKIAIOSFODNN7EXAMPLE wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY)
}

# aws_set NAME [VALUE]; aws_token KIND TOKEN: what is expected from now on.
aws_set() { curl -sSf --noproxy '*' --max-time 60 -X PUT --data-binary "${2:-}" "$AWS/-/set/$1"; }
aws_revoke() { curl -sSf --noproxy '*' --max-time 60 -X POST --data-binary '' "$AWS/-/revoke"; }
aws_token() { printf '%s' "$2" >"$AWS_DIR/$1.token"; }

# aws_requests [PATTERN]: how many were answered, of the lines METHOD PATH STATUS KEY; aws_forget begins anew.
aws_requests() { grep -cE -- "${1:-.}" "$AWS_DIR/log" || true; }
aws_forget() { : >"$AWS_DIR/log"; }

# aws_file NAME LINE…: ~/.aws/NAME.
aws_file() {
	local name=$1
	shift
	mkdir -p "$HOME/.aws"
	printf '%s\n' "$@" >"$HOME/.aws/$name"
	chmod 600 "$HOME/.aws/$name"
}

# aws_config [PROFILE_SETTING…]: the profile demo shows the fake's bucket at MOUNT.
aws_config() {
	printf '%s\n' 'retries = 2' '[profile demo]' 'remote = s3://data' "endpoint = $AWS" "path = $MOUNT" "$@" | write_config
}
