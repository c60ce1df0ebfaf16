# shellcheck shell=bash
# For tests of a system agent (after users.sh): its user is SERVICE, its runtime folder RUN.
RUN=$T/run-system/larder

# system_config [CACHE_SETTING…] [-- PROFILE_SETTING…]: the profile demo, which ALICE and the members of GROUP may read.
system_config() {
	CACHE=$T/var/cache
	mkdir -p "$T/run-system" "$T/var"
	chmod 0755 "$T/run-system" "$T/var"
	install -d -o "$SERVICE" "$CACHE" "$RUN"
	demo_config 'system = true' "runtime = $RUN" "$@"
	chmod 0644 "$LARDER_CONFIG"
}

# The agent, in the foreground, as systemd would run it; its log is in system.log.
start_system_agent() {
	as "$SERVICE" "$APP/bin/larder" agent >>"$T/system.log" 2>&1 </dev/null &
	SYSTEM_PID=$!
	SERVERS+=("$SYSTEM_PID")
	wait_until 20 system_answers
}
system_answers() { "$APP/bin/larder" agent --status >/dev/null 2>&1 && [ -S "$RUN/agent.sock" ]; }
stop_system_agent() { end_pids "$SYSTEM_PID"; }
