#!/bin/bash
# What Google refuses is EACCES or ENOENT, with the remedy and never a secret in the log; a token that is refused is got anew.
. "$(dirname "$0")/../lib/lib.sh"

start_gcs
make_file x 1000
for bucket in data pays; do gcs_put "$bucket/x" x >/dev/null; done
key=$(printf '0123456789abcdef0123456789abcdef' | base64)
gcs_put data/locked x "x-encryption-key: $key" >/dev/null
mapfile -t hmac <"$GCS_DIR/hmac"
cd "$GCS_DIR"
sed 's/"key-1"/"key-2"/' service_account.json >deleted.json
sed 's/reader@/nobody@/' service_account.json >gone.json
sed 's,1//refresh,1//revoked,' authorized_user.json >revoked.json
sed 's,providers/provider,providers/other,' federated_file.json >audience.json
sed 's/other@/stranger@/' impersonated.json >stranger.json
sed 's,http://127.0.0.1,http://192.0.2.1,' service_account.json >plain.json
chmod 0600 ./*.json
cd "$T"

names=()
# profile NAME BUCKET SETTING…
profile() {
	names+=("$1")
	printf '%s\n' "[profile $1]" "remote = gs://$2" "endpoint = $GCS_ENDPOINT" "path = $MOUNT/$1" "${@:3}"
}
{
	printf '%s\n' 'retries = 2' "log = $T/agent.log"
	profile secret data "${hmac[0]}" 'secret_access_key = wrong'
	profile unknown data 'access_key_id = GOOGUNKNOWN' "${hmac[1]}"
	profile nobucket nowhere "${hmac[@]}"
	profile unpaid pays "${hmac[@]}"
	profile closed pays "${hmac[@]}" 'user_project = closed'
	profile nobody data 'anonymous = true'
	for kind in deleted gone revoked audience stranger plain; do profile $kind data "credentials_file = $GCS_DIR/$kind.json"; done
	profile good data "credentials_file = $GCS_DIR/service_account.json"
	profile keyed data "credentials_file = $GCS_DIR/service_account.json" "encryption_key = $key"
} | write_config

# refused NAME ERROR REMEDY [KEY]
refused() {
	: >agent.log
	assert_fails_with "$2" larder_preload cat "$MOUNT/$1/${4:-x}"
	assert_contains "$(cat agent.log)" "$3"
}
refused secret 'Permission denied' 'correct secret_access_key'
refused unknown 'Permission denied' 'correct access_key_id'
refused nobucket 'No such file' ''
assert_contains "$("$LARDER" doctor || true)" 'no such bucket; check the bucket of `remote`'
refused unpaid 'Permission denied' 'set `user_project`'
refused closed 'Permission denied' 'billing is disabled'
refused nobody 'Permission denied' 'missing is storage.objects.get'
refused deleted 'Permission denied' 'make a new key'
refused gone 'Permission denied' 'the service account was deleted'
refused revoked 'Permission denied' 'gcloud auth application-default login'
refused audience 'Permission denied' '`audience`'
refused stranger 'Permission denied' 'roles/iam.serviceAccountTokenCreator'
refused plain 'Permission denied' 'no https address'
refused good 'Permission denied' 'set `encryption_key`' locked
assert_equal "$(digest x)" "$(read_object "$MOUNT/keyed/locked")" 'with its key'

# Tokens that the server does not know any more are got anew, and a busy server is asked again.
curl -sSf -o /dev/null -X POST "$GCS_ENDPOINT/-/revoke"
gcs_set fail '503 ServiceUnavailable 1'
gcs_forget
assert_equal "$(digest x)" "$(read_object "$MOUNT/good/x")" 'after the tokens were revoked'
assert_at_least 1 "$(gcs_requests ' 401 ')" 'refusals of the old token'
assert_equal 1 "$(gcs_requests 'POST /token 200')" 'new tokens'

stop_agent
for secret in wrong "$(cut -d' ' -f3 <<<"${hmac[1]}")" 1//revoked GOCSPX-secret ya29. BEGIN; do
	assert_contains_not "$(cat agent.log)" "$secret"
done
