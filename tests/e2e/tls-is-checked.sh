#!/bin/bash
# Over TLS, a server is read that has a certificate of a known authority and of its own name, and TLS 1.2; one that wants a certificate of ours
# gets it; and each refusal says what to do.
. "$(dirname "$0")/../lib/lib.sh"

# certificate NAME DAYS SUBJECT [ALTERNATIVE_NAME]: signed by the test's authority.
certificate() {
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$3" -keyout "$T/$1.key" -out "$T/$1.csr" 2>/dev/null
	printf '%s\n' "${4:+subjectAltName=$4}" >"$T/$1.ext"
	openssl x509 -req -in "$T/$1.csr" -CA "$CA" -CAkey "$T/ca.key" -CAcreateserial -days "$2" -extfile "$T/$1.ext" -out "$T/$1.pem" 2>/dev/null
}
# server PORT CERTIFICATE DIRECTIVE…: a further server, which the next one or the end closes.
server() { printf '%s\n' '}' "server { listen $ADDRESS:$1 ssl; root $ORIGIN_DIR; ssl_certificate $T/$2.pem; ssl_certificate_key $T/$2.key;" "${@:3}"; }

make_ca
certificate me 2 me
certificate other 2 other.example DNS:other.example
certificate ended -1 127.0.0.1 IP:127.0.0.1
chmod 0600 "$T/me.key"
make_file "$ORIGIN_DIR/demo/x" 100000
wants=$(guess_port) old=$(guess_port) other=$(guess_port) ended=$(guess_port)
start_nginx --tls "$(server "$wants" server "ssl_verify_client on; ssl_client_certificate $CA;")" \
	"$(server "$old" server 'ssl_protocols TLSv1.1; ssl_ciphers DEFAULT@SECLEVEL=0;')" "$(server "$other" other)" "$(server "$ended" ended)"
# profile NAME PORT [SETTING…]
profile() { printf '%s\n' "[profile $1]" "remote = https://127.0.0.1:$2/demo" "path = $MOUNT/$1" "${@:3}"; }
{
	echo 'retries = 0'
	profile good "$wants" "ca_file = $CA" "client_cert = $T/me.pem" "client_key = $T/me.key"
	profile wants "$wants" "ca_file = $CA"
	profile old "$old" "ca_file = $CA"
	profile other "$other" "ca_file = $CA"
	profile ended "$ended" "ca_file = $CA"
	profile open "$wants" "ca_file = $CA" "client_cert = $T/me.pem" "client_key = $T/server.key"
	profile plain "${ORIGIN##*:}"
} | write_config
chmod 0644 "$T/server.key"
wanted=$(digest "$ORIGIN_DIR/demo/x")
assert_equal "$wanted" "$(read_object "$MOUNT/good/x")" 'with a certificate of ours'
# refused PROFILE ERROR REMEDY
refused() {
	assert_fails_with "$2" larder_preload cat "$MOUNT/$1/x"
	assert_contains "$(tail -n 1 "$XDG_RUNTIME_DIR"/larder/*/agent.log)" "$3"
}
refused wants 'Permission denied' 'set client_cert and client_key'
refused old 'Input/output error' 'the server must offer TLS 1.2 or later'
refused other 'Input/output error' 'the certificate is not of this host'
refused ended 'Input/output error' 'the certificate has expired'
refused plain 'Input/output error' 'set ca_file of the profile to the authority that signed it'
refused open 'Operation not permitted' 'others can read it'

for variable in CURL_CA_BUNDLE SSL_CERT_FILE SSL_CERT_DIR; do
	stop_agent
	mkdir -p "$T/$variable" && cp "$CA" "$T/$variable/ca.pem" && openssl rehash "$T/$variable"
	value=$T/$variable/ca.pem
	[ $variable != SSL_CERT_DIR ] || value=$T/$variable
	rm -rf "$CACHE"
	assert_equal "$wanted" "$(export $variable="$value" && read_object "$MOUNT/plain/x")" "by $variable"
done
