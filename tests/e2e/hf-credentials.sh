#!/bin/bash
# The token is found where the Hub's own client looks, goes to the Hub alone, and what is refused says what to do.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/hub.sh"

start_hub
files=$(hub_commit org/private "$COMMIT_A" main)
touch "$HUB/org/private/private"
printf secret >"$files/small"
make_file "$files/large" 150000 1
closed=$(hub_commit org/gated "$COMMIT_A" main)
touch "$HUB/org/gated/gated" "$closed/x"
cat >"$LARDER_CONFIG" <<-INI
	[cache]
	location = $CACHE
INI
read_with() { env -u HF_TOKEN "$@" "LD_PRELOAD=$SHIM" cat hf://org/private/small 2>&1; }

# Each environment has an agent of its own.
mkdir -p "$HOME/.cache/huggingface" other
(umask 077 && echo hf_good | tee "$HOME/.cache/huggingface/token" other/token >/dev/null)
assert_equal secret "$(read_with X=1)" 'the usual file'
assert_equal secret "$(read_with "HF_HOME=$T/other")" 'HF_HOME'
assert_equal secret "$(read_with HF_TOKEN=hf_good)" 'HF_TOKEN'
chmod 0644 other/token # others can read it
for refused in HF_TOKEN=hf_wrong HF_HUB_DISABLE_IMPLICIT_TOKEN=1 "HF_TOKEN_PATH=$T/other/token"; do
	rm -rf "$CACHE/data"
	if output=$(read_with "$refused"); then fail "read with $refused: $output"; fi
	[[ $output = *'Permission denied' || $output = *'not permitted' ]] || fail "read with $refused: $output"
done

# The host of large files gets no token: it would refuse it.
export HF_TOKEN=hf_good
assert_equal "$(digest "$files/large")" "$(read_object hf://org/private/large)" 'large'

message() { "$LARDER" warm "$1" 2>&1 || true; }
assert_contains "$(message hf://org/gated/x)" 'accept its terms'
assert_contains "$(message hf://org/none/x)" 'no such repository'
assert_contains "$(env -u HF_TOKEN "HF_HOME=$T/none" "$LARDER" doctor cat hf://org/none/x 2>&1 || true)" \
	"credentials: hf://org/none/: none was found in HF_TOKEN and $T/none/token"
! grep -r hf_good "$XDG_RUNTIME_DIR" "$CACHE" || fail 'a token in a file'
