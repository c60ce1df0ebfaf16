#!/bin/bash
# Each kind of Google's credentials reads a private bucket, from wherever Google's own tools look for it; without any, only a public one.
. "$(dirname "$0")/../lib/lib.sh"

start_gcs
make_file x 1000
for bucket in data public pays; do gcs_put "$bucket/x" x >/dev/null; done
unset NO_GCE_CHECK

# profile NAME BUCKET SETTING…
profile() {
	local name=$1 bucket=$2
	shift 2
	printf '%s\n' "[profile $name]" "remote = gs://$bucket" "endpoint = $GCS_ENDPOINT" "path = $MOUNT/$name" "$@"
}

kinds=(service_account authorized_user federated_user federated_file federated_url impersonated)
{
	echo 'retries = 2'
	for kind in "${kinds[@]}"; do profile "$kind" data "credentials_file = $GCS_DIR/$kind.json"; done
	mapfile -t lines <"$GCS_DIR/hmac"
	profile hmac data "${lines[@]}" 'headers = x-goog-custom-audit-job: of the test' '  X-Team: lab 7'
	profile paid pays "${lines[@]}" 'user_project = billed'
	profile nobody public 'anonymous = true'
	profile stranger data 'anonymous = true'
	profile found data
} | write_config
export GOOGLE_APPLICATION_CREDENTIALS=$GCS_DIR/authorized_user.json
for name in "${kinds[@]}" hmac paid nobody found; do
	assert_equal "$(digest x)" "$(read_object "$MOUNT/$name/x")" "$name"
done
assert_fails_with 'Permission denied' larder_preload cat "$MOUNT/stranger/x"
for wanted in '/token' '/v1/token' '/v1/oauthtoken' ':generateAccessToken'; do
	assert_at_least 1 "$(gcs_requests "^POST .*$wanted 200")" "requests to $wanted"
done

# found_by VARIABLE VALUE: an agent of its own finds who it is there.
found_by() {
	stop_agent
	rm -rf "$CACHE"
	unset GOOGLE_APPLICATION_CREDENTIALS
	assert_equal "$(digest x)" "$(env "$1=$2" LD_PRELOAD="$SHIM" sha256sum "$MOUNT/found/x" | cut -d' ' -f1)" "$1"
}
gcs_forget
found_by GCE_METADATA_HOST "${GCS_ENDPOINT#http://}"
assert_equal 1 "$(gcs_requests '/computeMetadata/')" 'requests to the metadata server'
mkdir -p "$HOME/gcloud"
cp "$GCS_DIR/service_account.json" "$HOME/gcloud/application_default_credentials.json"
found_by CLOUDSDK_CONFIG "$HOME/gcloud"
