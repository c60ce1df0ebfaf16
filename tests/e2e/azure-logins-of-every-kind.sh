#!/bin/bash
# Each kind of identity of Microsoft Entra ID reads a blob by a token; what has no identity does not.
. "$(dirname "$0")/../lib/azure.sh"

start_azurite_tls
start_entra
make_file x 1000
azure put "$CONTAINER" x x

# profile NAME SETTING…
profile() {
	local name=$1
	shift
	printf '%s\n' "[profile $name]" "remote = az://$ACCOUNT/$CONTAINER" "endpoint = $BLOB_ENDPOINT" "path = $MOUNT/$name" "ca_file = $CA" "$@"
}
{
	echo 'retries = 2'
	profile given "tenant_id = $TENANT" "client_id = $CLIENT" "client_secret = $SECRET"
	profile found
} | write_config

# reads PROFILE [VARIABLE=VALUE…]: an agent of its own, with these, gets the bytes.
reads() {
	local name=$1
	shift
	rm -rf "$CACHE"
	assert_equal "$(digest x)" "$(env "$@" LD_PRELOAD="$SHIM" sha256sum "$MOUNT/$name/x" | cut -d' ' -f1)" "$*"
	stop_agent
}
ids=("AZURE_AUTHORITY_HOST=$AUTHORITY" "AZURE_TENANT_ID=$TENANT" "AZURE_CLIENT_ID=$CLIENT")
machine=("AZURE_POD_IDENTITY_AUTHORITY_HOST=$MACHINE")

reads given "${ids[0]}"
reads found "${ids[@]}" AZURE_CLIENT_SECRET="$SECRET"
reads found "${ids[@]}" AZURE_FEDERATED_TOKEN_FILE="$ENTRA/assertion"
assert_equal 3 "$(entra_requests "^POST /$TENANT/oauth2/v2.0/token 200")" 'tokens of the authority'
# A key of the environment goes before identities, unless the Azure CLI's own variable says otherwise.
reads found "${ids[@]}" AZURE_CLIENT_SECRET="$SECRET" AZURE_STORAGE_KEY="$ACCOUNT_KEY"
assert_equal 3 "$(entra_requests '^POST')" 'tokens of the authority'
reads found "${ids[@]}" AZURE_CLIENT_SECRET="$SECRET" AZURE_STORAGE_KEY=d3Jvbmc= AZURE_STORAGE_AUTH_MODE=login
assert_equal 4 "$(entra_requests '^POST')" 'tokens of the authority'

reads found "IDENTITY_ENDPOINT=$MACHINE/msi/token" IDENTITY_HEADER=853b9a84-5bfa-4b22-a3f3-0b9a43d9ad8a
reads found "${machine[@]}"
reads found "${machine[@]}" "AZURE_CLIENT_ID=$CLIENT"
# What passes is tried again.
echo 503 1 >"$ENTRA/fail"
reads found "${machine[@]}" "AZURE_CLIENT_ID=$CLIENT"
assert_equal 1 "$(entra_requests '^GET /msi/token 200')" 'tokens of App Service'
assert_equal '3 1' "$(entra_requests '^GET /metadata/identity/oauth2/token 200') $(entra_requests 503)" 'tokens of the machine'
