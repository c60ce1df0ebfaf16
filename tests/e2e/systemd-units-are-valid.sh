#!/bin/bash
# The unit files are accepted by systemd without a word, and the service is as closed as it can be.
. "$(dirname "$0")/../lib/lib.sh"
requires systemd-analyze

sed "s,^ExecStart=[^ ]*,ExecStart=$LARDER," "$LARDER_BUILD/larder.service" >"$T/larder.service"
cp "$SOURCE/scripts/systemd/larder.socket" "$T"
said=$(systemd-analyze verify --man=no --recursive-errors=no "$T/larder.service" "$T/larder.socket" 2>&1) || fail "$said"
assert_equal '' "$(grep -F larder <<<"$said" || true)" 'what systemd says'
exposure=$(systemd-analyze security --offline=yes "$T/larder.service" --no-pager 2>/dev/null | grep -oE 'Overall exposure level.*: [0-9.]+' | grep -oE '[0-9.]+$') ||
	{ echo "$TEST: skipped: this systemd-analyze does not judge files" && exit "$SKIP"; }
assert_at_most 20 "${exposure/./}" 'tenths of exposure'
