#!/bin/bash
# Shells, interpreters and the tools that start others run programs and scripts of a prefix: by path, by PATH, by "#!/usr/bin/env", from a
# working directory in the prefix, through pipes, and with objects of a store that knows no modes.
. "$(dirname "$0")/../lib/lib.sh"
requires dash python3 perl make find xargs nohup timeout nice cc

tree=$ORIGIN_DIR/demo
mkdir -p "$tree/bin" "$tree/data"
cp /bin/cat "$tree/bin/kitten"
printf '#!/bin/sh\necho "$0: $*"\n' >"$tree/bin/tell"
printf '#!/usr/bin/env kitten\nread by a cat\n' >"$tree/bin/by-env"
printf '#!/usr/bin/env python3\nimport sys\nprint(sys.argv)\n' >"$tree/bin/snake"
printf 'echo "no head: $0 $*"\n' >"$tree/bin/headless"
echo contents >"$tree/data/f"
write_manifest "$tree"
start_nginx
demo_config -- 'manifest = manifest.tsv' 'executable = bin/*'
bin=$MOUNT/bin
sh() { larder_preload dash -c "$@"; }

assert_equal contents "$(sh "$bin/kitten $MOUNT/data/f")" 'a program by its path'
assert_equal "$bin/tell: a b" "$(sh "$bin/tell a b")" 'a script by its path'
assert_contains "$(sh "$MOUNT/data/f; echo \$?" 2>&1)" "Permission denied
126"
assert_contains "$(sh "$bin/none; echo \$?" 2>&1)" "not found
127"
assert_contains "$(sh "$bin; echo \$?" 2>&1)" "Permission denied
126"
for shell in dash bash; do
	assert_equal "$bin/tell: x" "$(larder_preload $shell -c "PATH=$bin:\$PATH; tell x")" "$shell, by PATH"
	assert_equal "./tell: y" "$(larder_preload $shell -c "cd $bin && ./tell y")" "$shell, from inside"
	assert_equal "../bin/tell: z" "$(larder_preload $shell -c "cd $MOUNT/data && ../bin/tell z")" "$shell, from beside"
	assert_equal "#!/usr/bin/env kitten read by a cat" "$(larder_preload $shell -c "PATH=$bin:\$PATH; by-env" | xargs)" "$shell, by env"
	assert_equal "no head: $bin/headless 1" "$(larder_preload $shell -c "$bin/headless 1")" "$shell, without a head"
	assert_equal contents "$(larder_preload $shell -c "PATH=$bin:\$PATH; kitten <$MOUNT/data/f | kitten | kitten")" "$shell, in a pipe"
done
assert_equal "['$bin/snake', 'q']" "$(sh "$bin/snake q")" '#!/usr/bin/env python3'
assert_equal "$bin/tell: $MOUNT/data/f" "$(larder_preload find "$MOUNT/data" -type f -exec "$bin/tell" {} +)" 'find -exec'
assert_equal "./tell: ./f" "$(larder_preload bash -c "cd $MOUNT/data && find . -name f -execdir $bin/tell {} \\;" | sed "s,^$bin,.,")" 'find -execdir'
assert_equal "$bin/tell: 1 2" "$(printf '1\n2\n' | larder_preload xargs "$bin/tell")" xargs
assert_equal "$bin/tell: 1 2" "$(larder_preload env "$bin/tell" 1 2)" env
assert_equal "$bin/tell: 1 2" "$(larder_preload env PATH="$bin:$PATH" tell 1 2)" 'env, by PATH'
assert_equal "$bin/tell: 1" "$(larder_preload timeout 20 nohup nice "$bin/tell" 1 2>/dev/null)" 'timeout, nohup, nice'
assert_equal "$bin/tell: 1" "$(printf 'all:\n\t@%s/tell 1\n' "$bin" | larder_preload make -sf -)" make
assert_equal "$bin/tell: 1" "$(printf 'SHELL = %s/tell\n.SHELLFLAGS = 1\nall:\n\t@\n\t@:;\n' "$bin" | larder_preload make -sf - | head -n 1 | cut -d' ' -f-2)" 'make, its shell'
assert_equal "$bin/tell: 1" "$(larder_preload perl -e "exec '$bin/tell', 1")" 'perl, exec'
assert_equal "$bin/tell: 1" "$(larder_preload perl -e "\$ENV{PATH} = '$bin'; system 'tell', 1")" 'perl, system'
assert_equal "$bin/tell: 1" "$(larder_preload perl -e "print \`$bin/tell 1\`")" 'perl, backticks'
assert_equal "$bin/tell: 1" "$(larder_preload awk "BEGIN { system(\"$bin/tell 1\") }")" 'awk, system'
assert_equal "$bin/tell: 1" "$(larder_preload awk "BEGIN { \"$bin/tell 1\" | getline x; print x }")" 'awk, a pipe'
larder_preload python3 - "$MOUNT" <<'END'
import os, subprocess, sys
mount = sys.argv[1]
tell = mount + '/bin/tell'
def said(*args, **named):
    return subprocess.run(*args, **named, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
assert said([tell, '1']) == tell + ': 1'
assert said([tell, '1'], close_fds=False) == tell + ': 1' # by posix_spawn or vfork
assert said(['./tell'], cwd=mount + '/bin') == './tell:'
assert said(['tell'], env=dict(os.environ, PATH=mount + '/bin')) == tell + ':'
assert said('exec ./tell 2', shell=True, cwd=mount + '/bin') == './tell: 2'
assert said([mount + '/bin/kitten', 'f'], cwd=mount + '/data') == 'contents'
assert said(['kitten'], executable=mount + '/bin/kitten', stdin=open(mount + '/data/f')) == 'contents'
os.chdir(mount + '/data')
assert os.popen('cat f; ../bin/tell 3').read() == 'contents\n../bin/tell: 3\n'
assert os.system('../bin/kitten f >/dev/null') == 0
assert os.waitstatus_to_exitcode(os.system(mount + '/data/f 2>/dev/null')) == 126
assert os.spawnvp(os.P_WAIT, '../bin/kitten', ['kitten', '/dev/null']) == 0
for bad, error in (mount + '/bin/none', FileNotFoundError), (mount + '/data/f', PermissionError), (mount + '/data', PermissionError), (mount + '/data/f/x', NotADirectoryError):
    try:
        subprocess.run([bad])
        raise SystemExit('no error of ' + bad)
    except error:
        pass
END
