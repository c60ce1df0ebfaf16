#!/bin/bash
# setup-shared-caches makes folders that a group shares whatever its members' umask, points their tools there, and takes it back.
. "$(dirname "$0")/../lib/lib.sh"
requires setfacl setpriv
[ "$(id -u)" = 0 ] || { echo "$TEST: skipped: needs root"; exit "$SKIP"; }
setfacl -d -m g::rwx "$ORIGIN_DIR" || { echo "$TEST: skipped: needs a file system with ACLs"; exit "$SKIP"; }

chmod 0755 "$T"
mkdir -p etc/apt etc/larder
printf '[cache]\nsize = 5G\n' >etc/larder/larder.ini
cp -r etc before
ROOT=$T/srv/caches
setup() { "$SOURCE/scripts/setup-shared-caches" --group users --root "$ROOT" --etc "$T/etc" "$@"; }
# as USER COMMAND…: one of the group, who keeps everything to himself if he can.
as() { (umask 077 && setpriv --reuid="$1" --regid="$1" --groups=users env HOME="$T/home-$1" bash -c "$2"); }

setup --dry-run >trial
assert_contains "$(cat trial)" "$ROOT/pip"
[ ! -e "$T/srv" ] || fail "--dry-run made folders"
diff -r before etc >&2 || fail "--dry-run changed files"

setup >/dev/null
assert_equal "nothing to do: all is set up in $ROOT for users" "$(setup)"
[ -z "$(find "$ROOT" -perm -o+w)" ] || fail "writable by everybody: $(find "$ROOT" -perm -o+w)"

# What one writes the other one reads and replaces.
as 4711 ". etc/profile.d/larder-shared-caches.sh; mkdir \$PIP_CACHE_DIR/a; echo one >\$PIP_CACHE_DIR/a/x"
as 4712 ". etc/profile.d/larder-shared-caches.sh; cat \$PIP_CACHE_DIR/a/x; echo two >>\$PIP_CACHE_DIR/a/x; echo three >\$PIP_CACHE_DIR/a/y" >out
assert_equal one "$(cat out)"

# Tokens are not shared, what a user has set stays, and who is not of the group is not pointed there.
# shellcheck disable=SC2016 # for the other shell
settings=$(as 4711 'PIP_CACHE_DIR=/mine; . etc/profile.d/larder-shared-caches.sh; env; echo "pip $PIP_CACHE_DIR"')
for name in HF_HOME= HF_TOKEN CARGO_HOME=; do [[ $settings != *"$name"* ]] || fail "$name is set"; done
assert_contains "$settings" "HF_HUB_CACHE=$ROOT/huggingface/hub"
assert_contains "$settings" "pip /mine"
others=$(setpriv --reuid=4713 --regid=4713 --clear-groups bash -c '. etc/profile.d/larder-shared-caches.sh; env')
[[ $others != *"$ROOT"* ]] || fail "a stranger is pointed to the shared caches"

# larder knows them, beside what stood in its configuration.
config=$("$LARDER" config --file etc/larder/larder.ini)
assert_contains "$config" "[category pip]"
assert_contains "$config" "size = 5G"

setup --undo >taken
assert_contains "$(cat taken)" "$ROOT/pip stays: it holds 2 files"
diff -r before/larder etc/larder >&2 || fail "the configuration is not as it was"
[ -z "$(find etc -type f ! -name larder.ini)" ] || fail "left: $(find etc -type f)"
assert_equal "$ROOT
$ROOT/pip
$ROOT/pip/a" "$(find "$ROOT" -type d)"
