#!/bin/bash
# What is opened with cache = off cannot be changed by its descriptor, nor by the descriptor's number; what the program opened by the file's own
# path can be. What is said of the file by path and by descriptor is the same.
. "$(dirname "$0")/../lib/lib.sh"

requires python3
mkdir remote
echo one >remote/small
echo one >remote/leased
ln -s printf remote/link && cp "$(type -P printf)" remote/printf
write_config <<-END
	[profile demo]
	remote = file://$T/remote
	path = $MOUNT
	cache = off
END
cat >try.py <<'END'
import errno, fcntl, os, signal, subprocess, sys

mount, real = sys.argv[1:]
def refused(what, *args, **more):
    try:
        what(*args, **more)
    except OSError as e:
        assert e.errno == errno.EROFS, (what, args, e)
    else:
        raise AssertionError(('not refused', what, args))

fd = os.open(mount + '/small', os.O_RDONLY)
before = os.stat(real + '/small')
for copy in fd, os.dup(fd):
    refused(os.fchmod, copy, 0o600)
    refused(os.fchown, copy, 1, 1)
    refused(os.utime, copy)
    refused(os.setxattr, copy, 'user.x', b'1')
    for name in ['/proc/self/fd/%d', '/dev/fd/%d', '/proc/thread-self/fd/%d', '/proc/' + str(os.getpid()) + '/fd/%d']:
        refused(os.open, name % copy, os.O_RDWR)
        refused(os.open, name % copy, os.O_RDONLY | os.O_TRUNC)
        refused(open, name % copy, 'w')
        refused(os.chmod, name % copy, 0o600)
        refused(os.truncate, name % copy, 0)
child = subprocess.run(['sh', '-c', 'echo x >/dev/stdin'], stdin=fd, stderr=subprocess.PIPE)
assert b'Read-only' in child.stderr, child
assert os.stat(real + '/small') == before
assert os.pread(os.open('/proc/self/fd/%d' % fd, os.O_RDONLY), 9, 0) == b'one\n'

# By path and by descriptor: times to the nanosecond (python's stat is one of libc, and coreutils' statx another).
text = subprocess.run(['stat', '-c', '%.9X %.9Y %.9Z', mount + '/small'], stdout=subprocess.PIPE).stdout
assert text == subprocess.run(['stat', '-c', '%.9X %.9Y %.9Z', real + '/small'], stdout=subprocess.PIPE).stdout, text

# A lease of somebody else's is waited for, as without larder.
lease = os.open(real + '/leased', os.O_RDWR)
fcntl.fcntl(lease, fcntl.F_SETLEASE, fcntl.F_WRLCK)
signal.signal(signal.SIGIO, lambda *_: fcntl.fcntl(lease, fcntl.F_SETLEASE, fcntl.F_UNLCK))
child = subprocess.Popen(['cat', mount + '/leased'], stdout=subprocess.PIPE)
assert child.communicate()[0] == b'one\n' and child.returncode == 0

# What was opened by its own path is the program's.
own = os.open(real + '/small', os.O_RDONLY)
os.fchmod(own, 0o600)
os.write(os.open('/proc/self/fd/%d' % own, os.O_WRONLY), b'two')
assert os.pread(fd, 9, 0) == b'two\n'

# A right that the program does not have.
os.chmod(real, 0o755), os.chmod(real + '/small', 0)
if os.getuid() == 0:
    assert not os.access(mount + '/small', os.X_OK)
else:
    assert not os.access(mount + '/small', os.R_OK)
assert os.access(mount + '/printf', os.X_OK)
END
larder_preload python3 try.py "$MOUNT" "$T/remote"
begun=$SECONDS
assert_equal 5 "$(larder_preload bash -c 'for i in 1 2 3; do "$0/link" ""; done; "$0/link" %d 5' "$MOUNT")" 'a program by a link'
[ $((SECONDS - begun)) -lt 9 ] || fail 'each start by a link was waited for'
