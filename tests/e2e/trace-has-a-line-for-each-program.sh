#!/bin/bash
# The trace has a line for each program of a prefix that is run, spawned or cannot be, written before it runs, and for each library.
. "$(dirname "$0")/../lib/lib.sh"
requires cc python3

ORIGIN=file://$ORIGIN_DIR
mkdir -p "$ORIGIN_DIR/demo"
cp /bin/true "$ORIGIN_DIR/demo/yes"
printf '#!/bin/true\n' >"$ORIGIN_DIR/demo/script"
chmod +x "$ORIGIN_DIR/demo/script"
echo data >"$ORIGIN_DIR/demo/data"
echo 'int nothing;' >lib.c
cc -shared -fPIC -o "$ORIGIN_DIR/demo/lib.so" lib.c
demo_config
cat >calls.py <<'END'
import ctypes, os, sys
m = sys.argv[1]
def call(f, *args):
    try:
        return f(*args)
    except OSError:
        pass
for name in 'yes', 'script', 'data', 'none':
    if os.fork() == 0:
        call(os.execve, m + '/' + name, ['x'], os.environ)
        os._exit(0)
    os.wait()
    if call(os.posix_spawn, m + '/' + name, ['x'], os.environ):
        os.wait()
call(ctypes.CDLL, m + '/lib.so')
call(ctypes.CDLL, m + '/none')
os.posix_spawn('/bin/true', ['x'], os.environ)
os.wait()
END
lines() { sed -nE "s,^larder [0-9]+ (execve|posix_spawn|dlopen) ,\1 ,; s, (hit|miss) [0-9]+us\$,,; s,$MOUNT,M,; /^(execve|posix_spawn|dlopen)/p"; }
assert_equal 'execve "M/yes" = 0
posix_spawn "M/yes" = 0
execve "M/script" = 0
posix_spawn "M/script" = 0
execve "M/data" = EACCES
posix_spawn "M/data" = EACCES
execve "M/none" = ENOENT
posix_spawn "M/none" = ENOENT
dlopen "M/lib.so" = ok
dlopen "M/none" = ENOENT' "$(LARDER_TRACE=1 larder_preload python3 calls.py "$MOUNT" 2>&1 >/dev/null | lines)"
