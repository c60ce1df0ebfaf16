# shellcheck shell=bash
# shellcheck disable=SC2034 # what is not used here is for the tests
# For tests with several users, who need no names: requires_users, then
#
#	as ALICE CMD…              with the rights of the first of two members of GROUP
#	as BOB CMD…                the second
#	as STRANGER CMD…           who is in no group of theirs
#	as_preload USER CMD…       the same with the shim
#
# Each has a home and a runtime folder of its own. Program and shim are where everybody can run them: in APP.
ALICE=65501 BOB=65502 STRANGER=65503 SERVICE=65510 GROUP=65520 OTHER_GROUP=65521
APP=$T/app

requires_users() {
	requires setpriv
	if [ "$(id -u)" != 0 ]; then
		echo "$TEST: skipped: needs root, to be several users"
		exit "$SKIP"
	fi
	chmod 0711 "$T" && chmod 0755 "$ORIGIN_DIR"
	mkdir -p "$APP/bin" "$APP/lib" "$T/users"
	cp "$LARDER" "$APP/bin/larder"
	cp "$SHIM" "$APP/lib/liblarder.so"
	chmod -R go+rX "$APP"
	local user
	for user in "$ALICE" "$BOB" "$STRANGER" "$SERVICE"; do
		mkdir -p "$T/users/$user/home"
		mkdir -m 0700 "$T/users/$user/run"
		chown -R "$user" "$T/users/$user"
	done
}

groups_of() {
	case $1 in
	"$ALICE" | "$BOB") echo "$GROUP" ;;
	*) echo "$OTHER_GROUP" ;;
	esac
}

# LARDER_TEST is for test_pids: their runtime folders are others.
as() {
	local user=$1
	shift
	setpriv --reuid "$user" --regid "$user" --groups "$(groups_of "$user")" \
		env HOME="$T/users/$user/home" XDG_RUNTIME_DIR="$T/users/$user/run" LARDER_TEST="$T" "$@"
}
as_preload() {
	local user=$1
	shift
	as "$user" env LD_PRELOAD="$APP/lib/liblarder.so" "$@"
}

# stop_agents_of USER…
stop_agents_of() {
	local user
	for user; do as "$user" "$APP/bin/larder" agent --stop >/dev/null || fail "the agent of $user does not stop"; done
}
