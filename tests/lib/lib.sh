# shellcheck shell=bash
# shellcheck disable=SC2034 # what is not used here is for the tests
# What every shell test shares. A test begins with
#
#	#!/bin/bash
#	# One sentence: what must be true.
#	. "$(dirname "$0")/../lib/lib.sh"
#
# and then has: an empty folder T of its own, removed at the end (KEEP=1 keeps it); a home, a runtime directory and a
# configuration in it; a cache (CACHE) and a prefix that is not on the disk (MOUNT). Nothing of the caller's
# environment leaks in. Whatever a test starts here is ended with it, by number: servers, and agents with all that
# else has the test's runtime directory in its environment. LARDER_BUILD is the build tree under test.
set -Eeuo pipefail

LIB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
SOURCE=$(cd "$LIB/../.." && pwd)
: "${LARDER_BUILD:=$SOURCE/build}"
LARDER=$LARDER_BUILD/bin/larder
SHIM=$LARDER_BUILD/lib/liblarder.so
TEST=$(basename "$0" .sh)
SHARED_SWIFT=${LARDER_TEST_SWIFT:-} # a file that names the folder of the run's Swift
ADDRESS=${LARDER_TEST_ADDRESS:-127.0.0.1} # of this machine, for servers
SHARED_KIND=${LARDER_SHARED:-local} GUESTS=${LARDER_GUESTS:-} # for hosts.sh

SKIP=77          # the status that says "skipped" to ctest
STOP_SECONDS=3   # before a server that was asked to end is killed
PORT_TRIES=20    # ports that are tried before a server's start has failed

T=$(mktemp -d "${TMPDIR:-/tmp}/larder.XXXXXX")
CACHE=$T/cache
MOUNT=$T/mnt/data
ORIGIN_DIR=$T/origin
SWIFT_DIR='' END_HOSTS='' SERVERS=() ORIGIN='' ORIGIN_LOG='' CA=$T/ca.pem

# A clean environment.
for name in ${!AWS_@} ${!LARDER_@} ${!XDG_@} ${!LC_@} ${!S3_@} ${!AZURE_@} ${!IDENTITY_@} ${!GOOGLE_@} ${!GCE_@} ${!STORAGE_EMULATOR@} ${!CLOUDSDK_@} \
	LD_PRELOAD LD_LIBRARY_PATH CURL_CA_BUNDLE SSL_CERT_FILE \
	http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY BASH_ENV ENV CDPATH; do
	[ "$name" = LARDER_BUILD ] || unset "$name"
done
export NO_GCE_CHECK=true AWS_EC2_METADATA_DISABLED=true # no test asks this machine's own metadata server
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 TZ=UTC
# Under --sanitize, whatever a sanitizer finds in any process becomes a file, and that fails the test.
export ASAN_OPTIONS=log_path=$T/sanitizer:verify_asan_link_order=0 UBSAN_OPTIONS=log_path=$T/sanitizer:print_stacktrace=1
export HOME=$T/home XDG_RUNTIME_DIR=$T/run LARDER_CONFIG=$T/larder.ini LARDER_BUILD
mkdir -m 0700 "$HOME" "$XDG_RUNTIME_DIR" "$ORIGIN_DIR"
cd "$T"

# --- ending ---------------------------------------------------------------------------------------------------------

# end_pids PID…: asks, waits, then insists.
end_pids() {
	local deadline=$((SECONDS + STOP_SECONDS)) pid
	kill "$@" 2>/dev/null || true
	for pid; do
		while kill -0 "$pid" 2>/dev/null && [ $SECONDS -lt $deadline ]; do sleep 0.02; done
		kill -9 "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
}

# The processes that have this test's runtime directory, or LARDER_TEST, in their environment.
test_pids() {
	local file pid
	while read -r file; do
		pid=${file#/proc/} pid=${pid%/environ}
		if [ "$pid" != $BASHPID ] && [ "$pid" != $$ ]; then echo "$pid"; fi
	done < <(grep -lzsFx -e "XDG_RUNTIME_DIR=$XDG_RUNTIME_DIR" -e "LARDER_TEST=$T" /proc/[0-9]*/environ || true)
}

# The agents among them, also one whose file has gone.
agent_pids() {
	local pid
	for pid in $(test_pids); do
		case $(readlink "/proc/$pid/exe" || true) in
		*/larder | *'/larder (deleted)') echo "$pid" ;;
		esac
	done
}

show_logs() {
	local file
	find "$T" -maxdepth 4 -path "$ORIGIN_DIR" -prune -o -name '*.log' ! -name access.log -size +0 -print 2>/dev/null |
		while read -r file; do
			printf -- '--- %s, the end:\n' "${file#"$T"/}"
			tail -n 30 "$file"
		done
}

at_exit() {
	local status=$? pids
	trap - EXIT ERR
	set +e
	cd /
	[ ! -x "$LARDER" ] || timeout 5 "$LARDER" agent --stop >/dev/null 2>&1
	[ -z "$END_HOSTS" ] || $END_HOSTS >/dev/null 2>&1
	[ ${#SERVERS[@]} = 0 ] || end_pids "${SERVERS[@]}"
	pids=$(test_pids)
	# shellcheck disable=SC2086 # a list of numbers
	[ -z "$pids" ] || end_pids $pids
	if compgen -G "$T/sanitizer.*" >/dev/null; then
		head -n 60 "$T"/sanitizer.* >&2
		status=1
	fi
	if [ $status != 0 ] && [ $status != $SKIP ]; then show_logs >&2; fi
	[ -z "$SWIFT_DIR" ] || "$LIB/swift" stop "$SWIFT_DIR"
	if [ "${KEEP:-0}" = 1 ]; then
		echo "kept: $T" >&2
	else
		find "$T" -type d ! -perm -u+w -exec chmod u+w {} + # carriers of virtual folders are read-only
		rm -rf "$T"
	fi
	exit $status
}
trap at_exit EXIT
trap 'echo "$TEST: failed at line $LINENO: $BASH_COMMAND" >&2' ERR
trap 'exit 143' TERM
trap 'exit 130' INT

# --- saying what went wrong -----------------------------------------------------------------------------------------

fail() {
	trap - ERR
	printf '%s: %s\n' "$TEST" "$*" >&2
	exit 1
}

# requires CMD…: skips the test where one is missing.
requires() {
	local cmd
	for cmd; do
		if ! command -v "$cmd" >/dev/null; then
			echo "$TEST: skipped: needs $cmd"
			exit "$SKIP"
		fi
	done
}

# requires_unshare OPTION…: skips the test where namespaces of these kinds may not be made. With -r they need no root.
requires_unshare() {
	requires unshare
	if ! timeout 5 unshare "$@" true 2>/dev/null; then
		echo "$TEST: skipped: may not unshare $*"
		exit "$SKIP"
	fi
}

# assert_equal WANTED GOT [WHAT]
assert_equal() { [ "$1" = "$2" ] || fail "${3:-value}: wanted '$1', got '$2'"; }

# assert_same_file WANTED GOT: the same bytes. Read as they are, without the shim.
assert_same_file() { cmp -- "$1" "$2" >&2 || fail "$2 differs from $1"; }

# assert_contains TEXT PART
assert_contains() { [[ $1 == *"$2"* ]] || fail "wanted '$2' in: $1"; }
assert_contains_not() { [[ $1 != *"$2"* ]] || fail "did not want '$2' in: $1"; }

# assert_fails_with TEXT CMD…: the command fails, is not killed, and says TEXT (as strerror does) on stderr.
assert_fails_with() {
	local text=$1 status=0 said
	shift
	said=$("$@" 2>&1 >/dev/null) || status=$?
	[ $status != 0 ] || fail "did not fail: $*"
	[ $status -lt 124 ] || fail "ended with status $status: $*: $said"
	assert_contains "$said" "$text"
}

# assert_at_most LIMIT NUMBER WHAT
assert_at_most() { [ "$2" -le "$1" ] || fail "$3: wanted at most $1, got $2"; }
assert_at_least() { [ "$2" -ge "$1" ] || fail "$3: wanted at least $1, got $2"; }

# wait_until SECONDS CMD…: polls; fails after SECONDS.
wait_until() {
	local deadline=$((SECONDS + $1 + 1))
	shift
	until "$@"; do
		[ $SECONDS -lt $deadline ] || fail "waited too long for: $*"
		sleep 0.02
	done
}

# --- the program ----------------------------------------------------------------------------------------------------

# write_config <<END: the rest of larder.ini; it goes on in the section [cache], after the location.
write_config() {
	{
		printf '[cache]\nlocation = %s\n' "$CACHE"
		cat
	} >"$LARDER_CONFIG"
}

# demo_config [CACHE_SETTING…] [-- PROFILE_SETTING…]: the profile demo shows ORIGIN/demo at MOUNT. Tries are few unless given, so that
# tests are quick.
demo_config() {
	local profile=("remote = $ORIGIN/demo" "path = $MOUNT")
	{
		[[ $* == *'retries ='* ]] || echo 'retries = 2'
		while [ $# -gt 0 ] && [ "$1" != -- ]; do echo "$1" && shift; done
		[ $# = 0 ] || shift
		printf '%s\n' '[profile demo]' "${profile[@]}" "$@"
	} | write_config
}

# s3_config [PROFILE_SETTING…]: the profile demo shows the test's bucket at MOUNT.
s3_config() {
	printf '%s\n' 'retries = 2' '[profile demo]' "remote = s3://$BUCKET" "endpoint = $S3_ENDPOINT" "path = $MOUNT" "$@" |
		write_config
}

# write_manifest FOLDER: lists the folder's files in its manifest.tsv.
write_manifest() { (cd "$1" && find . -type f ! -name manifest.tsv -printf '%P\t%s\t%T@\n' >"$T/manifest" && mv "$T/manifest" manifest.tsv); }

# larder_preload CMD…: CMD with the shim.
larder_preload() { LD_PRELOAD=$SHIM "$@"; }

no_agent() { [ -z "$(agent_pids)" ]; }

# Ends the agent, and waits until it has gone.
stop_agent() {
	"$LARDER" agent --stop >/dev/null || fail 'agent --stop failed'
	wait_until 10 no_agent
}

# read_object PATH: its SHA-256, read by an unmodified program under the shim.
read_object() {
	local line
	line=$(larder_preload sha256sum -- "$1") || return
	echo "${line%% *}"
}

digest() { sha256sum -- "$1" | cut -d' ' -f1; }

# The objects that the cache holds, as paths below data/PROFILE~ID/. They appear up to a second after the first reader has got them, or
# when the agent leaves.
cached_objects() { [ ! -d "$CACHE/data" ] || (cd "$CACHE/data" && find . -type f | sed 's,^\./[^/]*/,,' | LC_ALL=C sort); }

# assert_cached [KEY…]: the cache holds these objects and no others, once the agent has left.
assert_cached() {
	stop_agent
	assert_equal "$(printf '%s\n' "$@" | LC_ALL=C sort)" "$(cached_objects)" 'the cache'
}

# make_file FILE BYTES [SEED]: the same bytes, which do not compress, for the same seed.
make_file() {
	mkdir -p "$(dirname "$1")"
	head -c "$2" /dev/zero | openssl enc -aes-128-ctr -nosalt -K "$(printf %032x "${3:-1}")" -iv "$(printf %032x 0)" >"$1"
}

# --- servers --------------------------------------------------------------------------------------------------------

port_is_free() { ! (: <"/dev/tcp/$ADDRESS/$1") 2>/dev/null; }

# Below the range of outgoing connections. Only a guess: whoever binds must be ready to be refused and try the next.
guess_port() {
	local port
	while port=$((10000 + (RANDOM << 15 | RANDOM) % 20000)) && ! port_is_free "$port"; do :; done
	echo "$port"
}

make_ca() {
	[ ! -e "$CA" ] || return 0
	requires openssl
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj '/CN=larder test CA' \
		-keyout "$T/ca.key" -out "$CA" 2>/dev/null
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj '/CN=127.0.0.1' \
		-keyout "$T/server.key" -out "$T/server.csr" 2>/dev/null
	printf 'subjectAltName=IP:127.0.0.1,DNS:localhost\n' >"$T/server.ext"
	openssl x509 -req -in "$T/server.csr" -CA "$CA" -CAkey "$T/ca.key" -CAcreateserial -days 2 \
		-extfile "$T/server.ext" -out "$T/server.pem" 2>/dev/null
}

# nginx_config DIR PORT SCHEME DIRECTIVES…
nginx_config() {
	local dir=$1 port=$2 scheme=$3 module=/usr/lib/nginx/modules path
	shift 3
	for path in ndk_http_module ngx_http_lua_module; do
		[ ! -e "$module/$path.so" ] || echo "load_module $module/$path.so;"
	done
	cat <<-END
		daemon off;
		master_process off;
		pid $dir/pid;
		error_log $dir/error.log warn;
		events { worker_connections 512; }
		http {
			default_type application/octet-stream;
			log_format requests '\$request_method \$uri \$status \$body_bytes_sent range=\$http_range';
			access_log $dir/access.log requests;
			client_body_temp_path $dir/body;
			proxy_temp_path $dir/proxy;
			fastcgi_temp_path $dir/fastcgi;
			uwsgi_temp_path $dir/uwsgi;
			scgi_temp_path $dir/scgi;
			keepalive_requests 100000;
	END
	if [ -e "$module/ngx_http_lua_module.so" ]; then
		printf 'lua_package_path "%s/?.lua;;";\ninit_by_lua_block { origin = require "origin" }\n' "$LIB"
	fi
	echo 'server {'
	if [ "$scheme" = https ]; then
		printf 'listen %s:%d ssl;\nssl_certificate %s;\nssl_certificate_key %s;\n' \
			"$ADDRESS" "$port" "$T/server.pem" "$T/server.key"
	else
		echo "listen $ADDRESS:$port;"
	fi
	printf 'root %s;\nlocation = /-/sync { access_log off; return 204; }\n' "$ORIGIN_DIR"
	printf '%s\n' "$@" '}' '}'
}

# start_nginx [--tls] [--port N] [DIRECTIVE…]: serves ORIGIN_DIR at ORIGIN; the directives go into its server block. With the
# module lua, content_by_lua_block { origin.serve{…} } misbehaves as origin.lua says (start with: requires_lua).
start_nginx() {
	local scheme=http fixed='' dir=$T/nginx port try pid
	requires nginx
	while [ $# -gt 0 ]; do
		case $1 in
		--tls) scheme=https && make_ca && shift ;;
		--port) fixed=$2 && shift 2 ;;
		*) break ;;
		esac
	done
	mkdir -p "$dir"
	for ((try = 0; try < PORT_TRIES; try++)); do
		port=${fixed:-$(guess_port)}
		nginx_config "$dir" "$port" $scheme "$@" >"$dir/nginx.conf"
		rm -f "$dir/pid"
		# shellcheck disable=SC2094 # both only append
		nginx -p "$dir" -e "$dir/error.log" -c "$dir/nginx.conf" >>"$dir/error.log" 2>&1 </dev/null &
		pid=$!
		# It writes the file only after it has bound the port.
		while kill -0 $pid 2>/dev/null && [ ! -s "$dir/pid" ]; do sleep 0.01; done
		if [ -s "$dir/pid" ]; then
			NGINX_PID=$pid ORIGIN_PORT=$port ORIGIN=$scheme://$ADDRESS:$port ORIGIN_LOG=$dir/access.log
			SERVERS+=("$pid")
			return
		fi
		grep -q 'Address already in use' "$dir/error.log" || break
	done
	fail "nginx does not start: $(tail -n 3 "$dir/error.log")"
}

requires_lua() {
	[ -e /usr/lib/nginx/modules/ngx_http_lua_module.so ] && return
	echo "$TEST: skipped: needs libnginx-mod-http-lua"
	exit "$SKIP"
}

stop_nginx() { end_pids "$NGINX_PID"; }

# The requests that the origin has answered, one a line as "GET /path STATUS BYTES range=…". The request for /-/sync is answered
# by the same single thread, so that by its answer all earlier ones are in the log.
origin_log() {
	curl -sk -o /dev/null --max-time 5 "$ORIGIN/-/sync" || true
	if [ $# = 0 ]; then cat "$ORIGIN_LOG"; else grep -E -- "$1" "$ORIGIN_LOG" || true; fi
}
origin_requests() { origin_log "$@" | wc -l; }
origin_bytes() { origin_log "$@" | awk '{ n += $4 } END { print n + 0 }'; }
forget_requests() {
	origin_log >/dev/null
	: >"$ORIGIN_LOG"
}

# start_swift: S3 at S3_ENDPOINT, with a bucket of the test's own in BUCKET and the credentials in the environment.
start_swift() {
	requires swift-proxy-server swift-account-server swift-container-server swift-object-server memcached setpriv
	local dir=''
	[ -z "$SHARED_SWIFT" ] || dir=$(cat "$SHARED_SWIFT" 2>/dev/null) || true
	if [ ! -s "$dir/port" ] || port_is_free "$(cat "$dir/port")"; then
		SWIFT_DIR=$(mktemp -d "${TMPDIR:-/tmp}/larder-swift.XXXXXX")
		dir=$SWIFT_DIR
		"$LIB/swift" start "$dir" || fail 'Swift does not start'
	fi
	S3_ENDPOINT=http://127.0.0.1:$(cat "$dir/port")
	BUCKET=$(printf '%.40s-%d' "$TEST" $$ | tr 'A-Z_' 'a-z-')
	export S3_ENDPOINT AWS_ACCESS_KEY_ID=test:tester AWS_SECRET_ACCESS_KEY=testing
	s3_make_bucket "$BUCKET"
}

s3_make_bucket() { python3 "$LIB/s3.py" make-bucket "$1"; }
# s3_put BUCKET KEY FILE
s3_put() { python3 "$LIB/s3.py" put "$1" "$2" "$3"; }
s3_rm() { python3 "$LIB/s3.py" rm "$1" "$2"; }

# start_gcs: Google Cloud Storage at GCS_ENDPOINT, with the buckets data, public and pays, and credentials of every kind in GCS_DIR.
start_gcs() {
	local pid
	requires python3 openssl curl
	GCS_DIR=$T/gcs
	mkdir "$GCS_DIR"
	python3 "$LIB/fake_gcs.py" "$GCS_DIR" >"$GCS_DIR/fake.log" 2>&1 </dev/null &
	pid=$!
	SERVERS+=("$pid")
	while kill -0 $pid 2>/dev/null && [ ! -s "$GCS_DIR/port" ]; do sleep 0.02; done
	[ -s "$GCS_DIR/port" ] || fail "the fake of Google Cloud Storage does not start: $(tail -n 3 "$GCS_DIR/fake.log")"
	GCS_ENDPOINT=http://127.0.0.1:$(cat "$GCS_DIR/port")
}

# gcs_put BUCKET/KEY FILE [HEADER…]: its generation. gcs_set NAME VALUE: see fake_gcs.py.
gcs_put() {
	local target=$1 file=$2 options=()
	shift 2
	while [ $# -gt 0 ]; do options+=(-H "$1") && shift; done
	curl -sSf --max-time 60 -T "$file" "${options[@]}" "$GCS_ENDPOINT/-/put/$target"
}
gcs_set() { curl -sSf --max-time 60 -X PUT --data-binary "$2" -o /dev/null "$GCS_ENDPOINT/-/set/$1"; }
# gcs_requests [PATTERN]: how many requests were answered; gcs_forget begins anew.
gcs_requests() { grep -cE -- "${1:-.}" "$GCS_DIR/log" || true; }
gcs_forget() { : >"$GCS_DIR/log"; }

# gcs_config [PROFILE_SETTING…]: the profile demo shows the bucket data at MOUNT.
gcs_config() {
	printf '%s\n' 'retries = 2' '[profile demo]' 'remote = gs://data' "endpoint = $GCS_ENDPOINT" "path = $MOUNT" "$@" | write_config
}

# start_delay_proxy BACKEND_PORT ONE_WAY_MS MB_PER_S: the distance to a far server; its port is in DELAY_PORT.
start_delay_proxy() {
	local try pid
	for ((try = 0; try < PORT_TRIES; try++)); do
		DELAY_PORT=$(guess_port)
		python3 "$LIB/delay_proxy.py" "$DELAY_PORT" "$@" >"$T/delay-proxy.out" 2>&1 </dev/null &
		pid=$!
		while kill -0 $pid 2>/dev/null && [ ! -s "$T/delay-proxy.out" ]; do sleep 0.02; done
		if grep -q ready "$T/delay-proxy.out"; then
			SERVERS+=("$pid")
			return
		fi
	done
	fail "the delay proxy does not start: $(tail -n 1 "$T/delay-proxy.out")"
}
