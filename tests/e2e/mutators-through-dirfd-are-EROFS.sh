#!/bin/bash
# Through the descriptor of a virtual folder mutators fail, and nothing appears in the folder that carries it.
. "$(dirname "$0")/../lib/lib.sh"

make_file "$ORIGIN_DIR/demo/dir/x" 1000
write_manifest "$ORIGIN_DIR/demo"
start_nginx
demo_config -- 'manifest = manifest.tsv'
larder_preload python3 - "$MOUNT/dir" <<'END'
import errno, os, sys
fd = os.open(sys.argv[1], os.O_RDONLY | os.O_DIRECTORY)
calls = {
    'mkdir': lambda: os.mkdir('new', dir_fd=fd),
    'open': lambda: os.open('new', os.O_WRONLY | os.O_CREAT, dir_fd=fd),
    'unlink': lambda: os.unlink('x', dir_fd=fd),
    'rename': lambda: os.rename('x', 'y', src_dir_fd=fd, dst_dir_fd=fd),
    'symlink': lambda: os.symlink('x', 'y', dir_fd=fd),
    'chmod': lambda: os.chmod('x', 0o600, dir_fd=fd),
    'utime': lambda: os.utime('x', dir_fd=fd),
}
for name, call in calls.items():
    try:
        call()
        sys.exit(name + ': did not fail')
    except OSError as error:
        if error.errno != errno.EROFS:
            sys.exit('%s: %s' % (name, error))
END
assert_equal '' "$(find "$XDG_RUNTIME_DIR" -name new -o -name y)" 'on the disk'
