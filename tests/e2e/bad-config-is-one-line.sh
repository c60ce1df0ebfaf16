#!/bin/bash
# A bad configuration is one clear line with file and line number, from config and from run.
. "$(dirname "$0")/../lib/lib.sh"

bad() { # LINE WORD TEXT: the mistake is in LINE, and the message has WORD
	printf '%b' "$3" >"$LARDER_CONFIG"
	local command said
	for command in 'config' 'run -- true'; do
		# shellcheck disable=SC2086 # a command and its arguments
		said=$("$LARDER" $command 2>&1 >/dev/null) && fail "did not refuse: $3"
		assert_equal 1 "$(wc -l <<<"$said")" "lines of: $said"
		assert_contains "$said" "$LARDER_CONFIG:$1:"
		assert_contains "$said" "$2"
	done
}
bad 3 sise '[cache]\nttl = 5m\nsise = 5G\n'
bad 2 bananas '[cache]\nsize = bananas\n'
bad 2 5x '[cache]\nttl = 5x\n'
bad 1 pantry '[pantry]\nx = 1\n'
bad 3 maybe '[profile a]\nremote = s3://b\nimmutable = maybe\n'
bad 2 gopher '[profile a]\nremote = gopher://b\n'
bad 6 /data/a/b '[profile a]\nremote = s3://b\npath = /data/a\n[profile c]\nremote = s3://c\npath = /data/a/b\n'
bad 2 '' '[cache]\nthis is no setting\n'
