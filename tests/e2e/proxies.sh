#!/bin/bash
# Requests go through the proxy that the profile or the environment names, http and https alike, or past it; and one that wants credentials, or is
# not there, is told of with the remedy and without the password.
. "$(dirname "$0")/../lib/lib.sh"

requires tinyproxy
make_file "$ORIGIN_DIR/demo/x" 100000
start_nginx
plain=$ORIGIN plain_log=$ORIGIN_LOG
mkdir "$T/second"
top=$T T=$T/second
start_nginx --tls
T=$top
wanted=$(digest "$ORIGIN_DIR/demo/x")
for ((try = 0; try < PORT_TRIES; try++)); do
	port=$(guess_port)
	printf '%s\n' "Port $port" 'Listen 127.0.0.1' 'Timeout 60' 'Allow 127.0.0.1' 'BasicAuth me hush' "LogFile \"$T/proxy.log\"" "PidFile \"$T/proxy.pid\"" >"$T/proxy.conf"
	tinyproxy -d -c "$T/proxy.conf" >"$T/proxy.out" 2>&1 </dev/null &
	pid=$!
	while kill -0 $pid 2>/dev/null && port_is_free "$port"; do sleep 0.02; done
	if kill -0 $pid 2>/dev/null; then break; fi
done
SERVERS+=("$pid")
proxy=http://me:hush@127.0.0.1:$port
# profile NAME REMOTE [SETTING…]
profile() { printf '%s\n' "[profile $1]" "remote = $2/demo" "path = $MOUNT/$1" "${@:3}"; }
{
	echo 'retries = 0'
	profile http "$plain" "proxy = $proxy"
	profile https "$ORIGIN" "proxy = $proxy" "ca_file = $CA"
	profile nobody-http "$plain" "proxy = http://127.0.0.1:$port"
	profile nobody-https "$ORIGIN" "proxy = http://127.0.0.1:$port" "ca_file = $CA"
	profile gone "$plain" 'proxy = http://me:hush@127.0.0.1:1'
	profile unknown "$plain" 'proxy = http://me:hush@proxy.invalid:3128'
	profile bad "$plain" 'proxy = ftp://me:hush@127.0.0.1:1'
	profile past "$plain" 'proxy = http://me:hush@127.0.0.1:1' 'no_proxy = elsewhere,127.0.0.1'
	profile environment "$plain" 'immutable = true'
	profile none "$plain" 'proxy = none'
} | write_config
# By the agent's environment: its proxy is not there. Tinyproxy adds a Via header, so nginx could tell; the proxy's log does.
export http_proxy=http://127.0.0.1:1
proxied() { grep -c "Request.*$1" "$T/proxy.log" || true; }
for name in http https past none; do assert_equal "$wanted" "$(read_object "$MOUNT/$name/x")" "$name"; done
assert_at_least 1 "$(proxied "GET $plain/demo/x")" 'requests through the proxy'
assert_at_least 1 "$(proxied "CONNECT ${ORIGIN#*://}")" 'tunnels through the proxy'
refused() {
	assert_fails_with "$2" larder_preload cat "$MOUNT/$1/x"
	assert_contains "$(tail -n 1 "$XDG_RUNTIME_DIR"/larder/*/agent.log)" "$3"
}
refused nobody-http 'Permission denied' 'the proxy wants credentials: proxy = http://user:password@host:port'
refused nobody-https 'Permission denied' 'the proxy wants credentials: proxy = http://user:password@host:port'
refused gone 'Input/output error' 'nobody listens'
refused environment 'Input/output error' 'nobody listens'
refused unknown 'Input/output error' 'check `proxy` of the profile'
refused bad 'Invalid argument' 'it is no address of a proxy'
assert_contains "$("$LARDER" config)" "http://****@127.0.0.1:$port"
{ "$LARDER" config && "$LARDER" doctor cat "$MOUNT/bad/x"; } >"$T/said" 2>&1 || true
found=$(grep -rl --exclude=larder.ini --exclude=proxy.conf hush "$T" || true)
assert_equal '' "$found" 'files with the password'
