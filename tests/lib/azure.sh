# shellcheck shell=bash
# shellcheck disable=SC2034 # what is not used here is for the tests
# What the tests of Azure's store share, on top of lib.sh: azurite, Azure's own emulator of its Blob service.
SHARED_AZURITE=${LARDER_TEST_AZURITE:-} # a file that names the folder of the run's azurite
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

ACCOUNT=devstoreaccount1
ACCOUNT_KEY='Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==' # known to everybody
LATER=2100-01-01T00:00:00Z

# start_azurite: a Blob service at BLOB_ENDPOINT, with a container of the test's own in CONTAINER; that of the whole run, or one of the test's own.
start_azurite() {
	requires python3
	local dir=''
	[ -z "$SHARED_AZURITE" ] || dir=$(cat "$SHARED_AZURITE" 2>/dev/null) || true
	if [[ $dir != skipped:* ]] && { [ ! -s "$dir/port" ] || port_is_free "$(cat "$dir/port")"; }; then
		own_azurite
		dir=$(cat "$T/azurite")
	fi
	use_azurite "$dir" http
}

# own_azurite [OPTION…]: one of the test's own, which ends with the test.
own_azurite() { TMPDIR=$T "$LIB/azurite-fixture" up "$T/azurite" "$LARDER_BUILD/npm" "$@" || fail 'azurite does not start'; }

# use_azurite FOLDER SCHEME: a container in it; or the test is skipped.
use_azurite() {
	local dir=$1
	if [[ $dir == skipped:* ]]; then
		echo "$TEST: $dir"
		exit "$SKIP"
	fi
	AZURITE_LOG=$dir/azurite.log
	export BLOB_ENDPOINT=$2://127.0.0.1:$(cat "$dir/port")/$ACCOUNT
	CONTAINER=$(printf '%.40s-%d' "$TEST" $$ | tr 'A-Z_' 'a-z-')
	azure make-container "$CONTAINER"
}

# start_azurite_tls: one of the test's own that takes tokens, as they are taken over TLS alone; its authority is CA.
start_azurite_tls() {
	requires python3
	make_ca
	own_azurite --oauth basic --cert "$T/server.pem" --key "$T/server.key"
	use_azurite "$(cat "$T/azurite")" https
}

# start_entra: tests/lib/fake_entra.py at AUTHORITY (over TLS) and MACHINE (IMDS, and App Service at /msi/token), with its folder in ENTRA.
start_entra() {
	local pid
	requires python3 openssl
	make_ca
	ENTRA=$T/entra
	mkdir "$ENTRA"
	: >"$ENTRA/log"
	python3 "$LIB/fake_entra.py" "$ENTRA" "$T/server.pem" "$T/server.key" >"$ENTRA/fake.log" 2>&1 </dev/null &
	pid=$!
	SERVERS+=("$pid")
	while kill -0 $pid 2>/dev/null && [ ! -s "$ENTRA/port-http" ]; do sleep 0.02; done
	[ -s "$ENTRA/port-http" ] || fail "the fake of Microsoft Entra ID does not start: $(tail -n 3 "$ENTRA/fake.log")"
	AUTHORITY=https://127.0.0.1:$(cat "$ENTRA/port") MACHINE=http://127.0.0.1:$(cat "$ENTRA/port-http")
	TENANT=$(sed -n 's/^TENANT, CLIENT, SECRET = "\(.*\)", "\(.*\)", "\(.*\)"/\1/p' "$LIB/fake_entra.py")
	CLIENT=$(sed -n 's/^TENANT, CLIENT, SECRET = "\(.*\)", "\(.*\)", "\(.*\)"/\2/p' "$LIB/fake_entra.py")
	SECRET=$(sed -n 's/^TENANT, CLIENT, SECRET = "\(.*\)", "\(.*\)", "\(.*\)"/\3/p' "$LIB/fake_entra.py")
}
# entra_requests [PATTERN]: how many of its answers match.
entra_requests() { grep -cE -- "${1:-.}" "$ENTRA/log" || true; }

azure() { SSL_CERT_FILE=$CA python3 "$LIB/azure.py" "$@"; }

# agent_log TEXT: whether the agent's log has it.
agent_log() { grep -qF -- "$1" "$XDG_RUNTIME_DIR"/larder/*/agent.log; }

# azure_config [PROFILE_SETTING…]: the profile demo shows the test's container at MOUNT.
azure_config() {
	printf '%s\n' 'retries = 2' '[profile demo]' "remote = az://$ACCOUNT/$CONTAINER" "endpoint = $BLOB_ENDPOINT" "path = $MOUNT" "$@" |
		write_config
}

# The requests for the test's container, one a line as "GET /path STATUS".
azure_requests() { sed -n "s,.*\"\([A-Z]* /$ACCOUNT/$CONTAINER[^ ]*\) HTTP/1.1\" \([0-9]*\) .*,\1 \2,p" "$AZURITE_LOG"; }
