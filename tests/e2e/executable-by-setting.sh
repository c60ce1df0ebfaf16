#!/bin/bash
# Of a store without modes, `executable` says what is a program: the same in listings, stat, fstat and the cached file, and after the setting
# has changed too, whether objects can change or not.
. "$(dirname "$0")/../lib/lib.sh"
requires python3

make_file "$ORIGIN_DIR/demo/bin/tool" 5000
make_file "$ORIGIN_DIR/demo/data.txt" 5000
write_manifest "$ORIGIN_DIR/demo"
start_nginx

# Modes of tool and data.txt, as stat says before and after an open, and fstat.
modes() {
	larder_preload python3 - "$MOUNT" <<'END'
import os, sys
def mode(st): return oct(st.st_mode)[-3:]
for name in sys.argv[1] + '/bin/tool', sys.argv[1] + '/data.txt':
    before = mode(os.stat(name))
    fd = os.open(name, os.O_RDONLY)
    assert before == mode(os.fstat(fd)) == mode(os.stat(name)), (name, before)
    assert os.access(name, os.X_OK) == (before == '555')
    print(before)
END
}

for kind in 'immutable = true' 'ttl = 1h'; do
	for listed in '' 'manifest = manifest.tsv'; do
		for globs in 'bin/*' '' '*.txt nothing' '*' 'bin/*'; do
			demo_config -- "$kind" ${listed:+"$listed"} ${globs:+"executable = $globs"}
			case $globs in
			'bin/*') wanted='555 444' ;;
			'*.txt nothing') wanted='444 555' ;;
			'*') wanted='555 555' ;;
			*) wanted='444 444' ;;
			esac
			for round in first again; do
				assert_equal "$wanted" "$(modes | xargs)" "$kind, $listed, executable = $globs, $round"
			done
			stop_agent
			assert_equal "$wanted" "$(modes | xargs)" "$kind, $listed, executable = $globs, with a new agent"
			stop_agent
		done
		rm -rf "$CACHE"
	done
done
assert_contains "$("$LARDER" config)" 'executable ='
