#!/bin/bash
# A web server is read with what its profile has: header lines, a token, one in a file that changes, an entry of a netrc; and without them, the
# refusal says what to do. No secret is in any output.
. "$(dirname "$0")/../lib/lib.sh"

for name in keys token file basic; do make_file "$ORIGIN_DIR/$name/x" 100000 7; done
printf 'me:{PLAIN}hush-password\n' >"$T/users"
start_nginx "location /basic/ { auth_basic files; auth_basic_user_file $T/users; }" \
	'location /token/ { if ($http_authorization != "Bearer hush-token") { return 401; } }' \
	'location /file/ { if ($http_authorization != "Bearer hush-second") { return 401; } }' \
	'location /keys/ { set $all "$http_x_key$http_cookie$http_user_agent"; if ($all != "hush-keya=1; hush-cookieme/1") { return 403; } }'
(umask 077 && printf 'machine elsewhere login me password hush-wrong\nmachine 127.0.0.1\n\tlogin me\n\tpassword hush-password\n' >"$HOME/.netrc")
(umask 077 && echo hush-first >"$T/token")
write_config <<-END
	retries = 1
	[profile keys]
	remote = $ORIGIN/keys
	path = $MOUNT/keys
	headers = X-Key: hush-key
	  Cookie: a=1; hush-cookie
	  User-Agent: me/1
	[profile token]
	remote = $ORIGIN/token
	path = $MOUNT/token
	bearer_token = hush-token
	[profile file]
	remote = $ORIGIN/file
	path = $MOUNT/file
	negative_ttl = 1s
	bearer_token_file = $T/token
	[profile basic]
	remote = $ORIGIN/basic
	path = $MOUNT/basic
	[profile none]
	remote = $ORIGIN/basic
	path = $MOUNT/none
	anonymous = true
END
wanted=$(digest "$ORIGIN_DIR/keys/x")
for name in keys token basic; do assert_equal "$wanted" "$(read_object "$MOUNT/$name/x")" "$name"; done

# said PROFILE: what is said of a refusal.
said() { "$LARDER" doctor cat "$MOUNT/$1/x" 2>&1 || true; }
assert_fails_with 'Permission denied' larder_preload cat "$MOUNT/none/x"
assert_contains "$(said none)" 'anonymous = true sends none'
assert_fails_with 'Permission denied' larder_preload cat "$MOUNT/file/x"
assert_contains "$(said file)" "does not take the credentials of $T/token"
echo hush-second >"$T/token"
file_is_read() { [ "$(read_object "$MOUNT/file/x" 2>/dev/null)" = "$wanted" ]; }
wait_until 30 file_is_read

assert_contains "$(said token)" "credentials: $ORIGIN/token/: bearer_token"
assert_contains "$(said basic)" "credentials: $ORIGIN/basic/: $HOME/.netrc"
assert_contains "$("$LARDER" config)" "; credentials: $T/token"

{ "$LARDER" config && said keys && said token && said basic && "$LARDER" agent --status; } >"$T/out" 2>&1
assert_contains "$(cat "$T/out")" 'X-Key: ****'
rm -r "$HOME/.netrc" "$T/token" "$T/users" "$T/nginx"
found=$(grep -rl --exclude=larder.ini hush "$T" || true)
assert_equal '' "$found" 'files with a secret'
