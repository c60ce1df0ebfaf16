#!/bin/bash
# Another server gets neither Authorization nor lines of `headers` by a redirect, not even on the way back; and a chain of redirects ends.
. "$(dirname "$0")/../lib/lib.sh"

printf 'me:{PLAIN}pw\n' >"$T/users"
(umask 077 && printf 'default login me password pw\n' >"$HOME/.netrc")
make_file "$ORIGIN_DIR/other/x" 50000
# Says which secrets it was shown.
tell='set $all "$http_authorization$http_x_key$http_cookie"; if ($all = "") { return 200 "bare $http_accept_encoding"; } return 200 shown;'
start_nginx "location / { $tell }" 'location /back { return 302 http://localhost:$arg_port/tell; }'
other=$ORIGIN port=${ORIGIN##*:}
mkdir second
top=$T T=$T/second
start_nginx 'location / { if ($http_x_key != key) { return 403; } }' "location /demo/away { return 302 $other/away; }" \
	"location /demo/near { return 307 /tell; }" "location /tell { $tell }" \
	"location /demo/back { return 308 $other/back?port=\$server_port; }" 'location /demo/loop { return 301 $request_uri; }' \
	'location /demo/user { return 302 http://me:pw@127.0.0.1:'"$port"'/away; }' 'location /demo/meta { return 302 http://169.254.169.254/latest/; }'
T=$top ORIGIN=http://localhost:${ORIGIN##*:}
demo_config 'retries = 1' -- 'headers = X-Key: key' '  Cookie: c'
assert_equal shown "$(larder_preload cat "$MOUNT/near")" 'on the same server'
assert_equal 'bare identity' "$(larder_preload cat "$MOUNT/away")" 'elsewhere'
assert_equal 'bare identity' "$(larder_preload cat "$MOUNT/back")" 'elsewhere and back'
for name in loop user meta; do assert_fails_with "$MOUNT/$name: Input/output error" larder_preload cat "$MOUNT/$name"; done
log=$(cat "$XDG_RUNTIME_DIR"/larder/*/agent.log)
assert_contains "$log" 'loop: HTTP status 301: it leads from one redirect to the next'
assert_contains "$log" 'meta: HTTP status 302: the redirect leads to this machine or to its own network link'
assert_equal 6 "$(origin_requests /demo/loop)" 'requests of a loop'
