#!/bin/bash
# A login that is refused is EACCES at once, and one that nobody answers EIO; the log has the reason with its remedy, and no secret.
. "$(dirname "$0")/../lib/azure.sh"

start_azurite_tls
start_entra
azure_config "ca_file = $CA"
ids=("AZURE_AUTHORITY_HOST=$AUTHORITY" "AZURE_TENANT_ID=$TENANT" "AZURE_CLIENT_ID=$CLIENT")

# refused WANTED REASON VARIABLE=VALUE…
refused() {
	local wanted=$1 reason=$2
	shift 2
	assert_fails_with "$wanted" env "$@" LD_PRELOAD="$SHIM" cat "$MOUNT/x"
	agent_log "$reason" || fail "not in the log: $reason"
	stop_agent
	! grep -rqE 's3cr3t|d3Jvbmc|eyJ' "$XDG_RUNTIME_DIR" || fail 'the log has a secret'
	rm -f "$XDG_RUNTIME_DIR"/larder/*/agent.log
}
refused 'Permission denied' 'AADSTS7000215: the client secret is wrong' "${ids[@]}" AZURE_CLIENT_SECRET=s3cr3t~wrong
refused 'Permission denied' 'AADSTS90002: there is no such tenant' "${ids[@]}" AZURE_TENANT_ID=other.example AZURE_CLIENT_SECRET="$SECRET"
refused 'Permission denied' 'AADSTS700016: the tenant knows no such client' "${ids[@]}" AZURE_CLIENT_ID=1-2 AZURE_CLIENT_SECRET="$SECRET"
refused 'Permission denied' 'AADSTS700213: no federated credential matches the subject' "${ids[@]}" AZURE_FEDERATED_TOKEN_FILE="$ENTRA/assertion-of-another"
refused 'Permission denied' 'AADSTS700024: ' "${ids[@]}" AZURE_FEDERATED_TOKEN_FILE="$ENTRA/assertion-ended"
refused 'Permission denied' 'it is not assigned to this machine' "AZURE_POD_IDENTITY_AUTHORITY_HOST=$MACHINE" AZURE_CLIENT_ID=1-2
refused 'Permission denied' 'the managed identity of App Service (IDENTITY_ENDPOINT) is refused: HTTP 401' \
	"IDENTITY_ENDPOINT=$MACHINE/msi/token" IDENTITY_HEADER=d3Jvbmc
refused 'Permission denied' "$ENTRA/none" "${ids[@]}" AZURE_FEDERATED_TOKEN_FILE="$ENTRA/none"
refused 'Input/output error' '127.0.0.1' "${ids[@]}" AZURE_AUTHORITY_HOST=https://127.0.0.1:1 AZURE_CLIENT_SECRET="$SECRET"
# A machine without an identity sends nothing, and says so.
echo 404 100 >"$ENTRA/fail"
refused 'Input/output error' 'the managed identity of this machine is busy or down: HTTP 404' \
	"AZURE_POD_IDENTITY_AUTHORITY_HOST=$MACHINE" AZURE_CLIENT_ID="$CLIENT"
refused 'Permission denied' 'no credentials were found' "AZURE_POD_IDENTITY_AUTHORITY_HOST=$MACHINE"
# The server refuses a token that has ended, whatever its answer said of it.
rm "$ENTRA/fail"
echo -1 >"$ENTRA/life"
echo 3600 >"$ENTRA/claimed"
refused 'Permission denied' 'AZURE_CLIENT_SECRET' "${ids[@]}" AZURE_CLIENT_SECRET="$SECRET"
