#!/bin/bash
# LARDER_TRACE=1 writes a line for each virtual call: pid, call, path, outcome, hit or miss, microseconds; and none for real ones.
. "$(dirname "$0")/../lib/lib.sh"

requires python3
ORIGIN=file://$ORIGIN_DIR
mkdir -p "$ORIGIN_DIR/demo/sub"
echo remote >"$ORIGIN_DIR/demo/f"
cp /bin/true "$ORIGIN_DIR/demo/sub/tool"
echo real >real
demo_config
trace() { LARDER_TRACE=1 larder_preload "$@" 2>&1 >/dev/null | grep '^larder ' || true; }
# lines: the trace with what changes from run to run replaced.
lines() { sed -E "s,^larder [0-9]+ ,,; s, [0-9]+us\$,,; s,$MOUNT,M,g; s,$T,T,g; s,^(fchmod|fdopendir) [0-9]+,\1 N,; s,^(open .*) = [0-9]+,\1 = N,"; }

assert_equal 'open "M/f" = N miss' "$(trace python3 -c "import os; os.open('$MOUNT/f', os.O_RDONLY)" | lines | grep -v stat)"
wait_until 10 compgen -G "$CACHE/data/*/f" >/dev/null # others get its name within a second
assert_equal 'open "M/f" = N hit' "$(trace python3 -c "import os; os.open('$MOUNT/f', os.O_RDONLY)" | lines | grep -v stat)"
line=$(LARDER_TRACE=1 larder_preload python3 -c "import os; print(os.getpid(), flush=True); os.open('$MOUNT/f', os.O_RDONLY)" 2>&1)
pid=${line%%$'\n'*}
[[ ${line#*$'\n'} =~ ^"larder $pid open \"$MOUNT/f\" = "[0-9]+" hit "[0-9]+us$ ]] || fail "not the line: $line"

assert_equal '' "$(trace cat real)" 'a real file'
assert_equal '' "$(trace ls -la "$ORIGIN_DIR")" 'a real folder'
assert_equal '' "$(trace python3 -c "open('none')")" 'a real path that is missing'

cat >calls.py <<'END'
import os, sys
def call(f, *args, **named):
    try:
        return f(*args, **named)
    except OSError:
        pass
m = sys.argv[1]
call(os.stat, m + '/none')
call(os.mkdir, m + '/new')
call(os.rename, m + '/f', 'elsewhere')
call(os.chmod, os.open(m + '/f', os.O_RDONLY), 0)
d = os.open(m + '/sub', os.O_RDONLY)
call(os.stat, 'none', dir_fd=d)
call(os.access, m, os.W_OK)
call(os.listdir, m)
call(os.listdir, d)
call(os.getxattr, m + '/f', 'user.x')
os.chdir(m)
call(os.readlink, 'f')
os.chdir('sub')
os.getcwd()
call(os.stat, 's3://')
END
assert_equal 'stat "M/none" = ENOENT
mkdir "M/new" = EROFS
rename "M/f" -> "T/elsewhere" = EXDEV
open "M/f" = N
fchmod N = EROFS
open "M/sub" = N
fstatat "M/sub/none" = ENOENT
access "M" = EROFS
opendir "M" = ok
fdopendir N = ok
getxattr "M/f" = ENODATA
chdir "M" = 0
readlink "M/f" = EINVAL
chdir "M/sub" = 0
getcwd "M/sub" = LENGTH
stat "s3://" = ENOENT' "$(trace python3 calls.py "$MOUNT" | lines | sed -E 's/ (hit|miss)$//; /^getcwd/s/[0-9]+$/LENGTH/')"

# A program that is run has its line before, since nobody is there afterwards.
assert_equal 'execv "M/sub/tool" = 0
execv "M/f" = EACCES
execv "M/none" = ENOENT' "$(for name in sub/tool f none; do
	trace python3 -c "import os; os.execv('$MOUNT/$name', ['x'])" | lines | sed -E 's/ (hit|miss)$//' | grep '^exec'
done)"
