#!/bin/bash
# What cannot be run fails as in a local tree, and "#!" lines are read as the kernel reads them: each case is run in the folder itself and
# in the prefix that shows it, and does the same.
. "$(dirname "$0")/../lib/lib.sh"
requires cc python3

tree=$ORIGIN_DIR/demo
mkdir -p "$tree/dir/sub"
cat >show.c <<'END'
#include <stdio.h>
int main(int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		printf("[%s]", argv[i]);
	putchar('\n');
}
END
cc -o "$tree/show" show.c
python3 - "$tree" <<'END'
import os, sys
os.chdir(sys.argv[1])
heads = {
    'plain': b'#!./show\nrest\n', 'no-newline': b'#!./show', 'argument': b'#!./show one two\n', 'blanks': b'#! \t ./show \t one  two \t \nx',
    'tail-blank': b'#!./show ', 'tail-blanks-end': b'#!./show a  ', 'nothing': b'#!\n', 'only-blanks': b'#!   \t \n', 'bare': b'#!',
    'carriage': b'#!./show\r\n', 'nul': b'#!./show\0more\n', 'nul-argument': b'#!./show a\0b\n', 'nul-first': b'#!\0\n', 'blank-nul': b'#!./show \0\n',
    'long-name': b'#!./' + b'x' * 300 + b'\n', 'long-argument': b'#!./show ' + b'y' * 300 + b'\n', 'long-blanks': b'#!' + b' ' * 300 + b'./show\n',
    'ends-at-255': b'#!./show ' + b'z' * 246 + b'\n', 'ends-at-256': b'#!./show ' + b'z' * 247 + b'\n', 'name-to-255': b'#!./' + b'./' * 123 + b'show\n',
    'name-cut': b'#!./' + b'./' * 125 + b'show\n', 'name-blank-at-255': b'#!' + b'/' * 249 + b'show q', 'missing': b'#!./none\n', 'to-dir': b'#!./dir\n',
    'not-text': b'\x7fELF', 'empty': b'', 'no-head': b'echo text "$0" "$@"\n', 'to-text': b'#!./no-head\n', 'to-plain-file': b'#!./data\n',
    'last-blank': b'#!./show' + b' ' * 247 + b'a' * 9, 'arg-at-255': b'#!./show' + b' ' * 246 + b'ab\n', 'slash-interp': b'#!./show/\n',
}
for i in range(1, 9):
    heads['chain%d' % i] = b'#!./%s %d\n' % (b'show' if i == 1 else b'chain%d' % (i - 1), i)
heads['loop'] = b'#!./loop\n'
for name, head in heads.items():
    open(name, 'wb').write(head)
    os.chmod(name, 0o755)
open('data', 'w').write('data\n')
open('names', 'w').write('\n'.join(heads))
END

cat >cases.py <<'END'
import errno, os, subprocess, sys
root = sys.argv[1]
os.chdir(root)
names = open('names').read().split('\n')

def attempt(label, function, *args):
    r, w = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.dup2(w, 1)
        os.close(r)
        try:
            function(*args)
        except OSError as e:
            os.write(1, errno.errorcode[e.errno].encode())
        except ValueError as e:
            os.write(1, repr(e).encode())
        os._exit(0)
    os.close(w)
    said = b''
    while piece := os.read(r, 65536):
        said += piece
    os.close(r)
    os.waitpid(pid, 0)
    print(label, said.replace(root.encode(), b'ROOT'))

for name in names + ['none', 'dir', 'dir/', 'show/', 'show/x', 'data', 'none/x', '.', 'dir/..', 'dir/../show', './/show', 'x' * 256, '']:
    attempt('relative ' + name[:40], os.execve, './' + name, ['zero', 'one'], os.environ)
    attempt('absolute ' + name[:40], os.execve, root + '/' + name, ['zero', 'one'], os.environ)
attempt('empty', os.execve, '', ['zero'], os.environ)
attempt('one argument too long', os.execve, './show', ['zero', 'x' * (1 << 20)], os.environ)
attempt('too many arguments', os.execve, './plain', ['zero'] + ['x' * 1000] * 20000, os.environ)
attempt('many arguments', os.execve, './plain', ['zero'] + ['x'] * 3000, os.environ)
attempt('no arguments of a script', os.execve, './plain', ['zero'], {})

# By PATH: python has its own search, so the functions of libc are called.
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def execvp(name, *args):
    argv = (ctypes.c_char_p * (len(args) + 2))(name.encode(), *[a.encode() for a in args], None)
    libc.execvp(name.encode(), argv)
    raise OSError(ctypes.get_errno(), name)
for path in root, root + '/dir:' + root, '/nonexistent::' + root, root + '/show:/bin', '', '.', root + '/dir:' + root + '/none:relative':
    os.environ['PATH'] = path
    for name in 'show', 'plain', 'no-head', 'none', 'data', 'empty', 'to-text', 'sub', 'ls' * 200, '', './show', 'dir/none', 'argument':
        attempt('PATH %s, %s' % (path.replace(root, 'ROOT')[:30], name[:20]), execvp, name, 'one')
END

write_config <<END
[profile demo]
remote = file://$tree
path = $MOUNT
END
python3 cases.py "$tree" >local.txt
[ "$(wc -l <local.txt)" -gt 200 ] || fail 'the cases did not run'
grep -q "chain4 b'\[./show\]" local.txt || fail 'the chain did not run'
for temperature in cold warm; do
	larder_preload python3 cases.py "$MOUNT" >virtual.txt
	diff local.txt virtual.txt >&2 || fail "$temperature: in the prefix it is not as in the folder"
done
