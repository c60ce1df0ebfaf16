#!/bin/bash
# With keep_preload, programs that are started with a cleaned environment have the preload and the configuration; what the program put into
# LD_PRELOAD stays in front, and nothing is there twice. Without it, a program gets what it was given.
. "$(dirname "$0")/../lib/lib.sh"
requires cc python3 perl dash xargs timeout nohup make

ORIGIN=file://$ORIGIN_DIR
mkdir -p "$ORIGIN_DIR/demo"
echo here >"$ORIGIN_DIR/demo/f"
printf '#!/bin/sh\ncat %s/f\n' "$MOUNT" >"$ORIGIN_DIR/demo/script"
chmod +x "$ORIGIN_DIR/demo/script"
echo 'int nothing;' >other.c
cc -shared -fPIC -o libother.so other.c
cat >spawn.c <<'END'
#define _GNU_SOURCE
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
/* spawn FUNCTION FILE: cat FILE with an empty environment. */
int main(int argc, char **argv)
{
	char *args[] = {"cat", argv[2], NULL}, *none[] = {NULL}, command[4096], *path = "/bin/cat";
	const char *f = argv[1];
	pid_t pid = 0;

	(void)argc;
	snprintf(command, sizeof command, "cat '%s'", argv[2]);
	clearenv();
	if (!strcmp(f, "system")) return system(command) != 0;
	if (!strcmp(f, "popen")) {
		FILE *p = popen(command, "r");
		int c;
		while (p && (c = getc(p)) != EOF) putchar(c);
		return !p || pclose(p);
	}
	if (!strcmp(f, "posix_spawn")) posix_spawn(&pid, path, NULL, NULL, args, none);
	if (!strcmp(f, "posix_spawnp")) posix_spawnp(&pid, "cat", NULL, NULL, args, none);
	if (!strcmp(f, "vfork") && !(pid = vfork())) execve(path, args, none), _exit(99);
	if (pid > 0) {
		int status;
		wait(&status);
		return status != 0;
	}
	if (!strcmp(f, "execve")) execve(path, args, none);
	if (!strcmp(f, "null")) execve(path, args, NULL);
	if (!strcmp(f, "execv")) execv(path, args);
	if (!strcmp(f, "execl")) execl(path, "cat", argv[2], (char *)NULL);
	if (!strcmp(f, "execle")) execle(path, "cat", argv[2], (char *)NULL, none);
	if (!strcmp(f, "execlp")) execlp("cat", "cat", argv[2], (char *)NULL);
	if (!strcmp(f, "execvp")) execvp("cat", args);
	if (!strcmp(f, "execvpe")) execvpe("cat", args, none);
	if (!strcmp(f, "fexecve")) {
		FILE *p = fopen(path, "r");
		fexecve(fileno(p), args, none);
	}
	return 1;
}
END
cc -Wno-nonnull -o spawn spawn.c
all='system popen posix_spawn posix_spawnp vfork execve null execv execl execle execlp execvp execvpe fexecve'

configure() {
	write_config <<-END
		[shim]
		keep_preload = $1
		[profile demo]
		remote = $ORIGIN/demo
		path = $MOUNT
	END
}

configure true
for f in $all; do
	assert_equal here "$(larder_preload ./spawn "$f" "$MOUNT/f")" "$f"
done
assert_equal here "$(larder_preload env -i cat "$MOUNT/f")" 'env -i'
assert_equal here "$(larder_preload env -i "$MOUNT/script")" 'env -i of a script in the prefix'
assert_equal here "$(larder_preload env -i env -i env -i cat "$MOUNT/f")" 'env -i, thrice'
assert_equal here "$(larder_preload env -i PATH=/bin:/usr/bin LD_PRELOAD= bash -c "exec env -i dash -c 'cat $MOUNT/f'")" 'a cleaned shell'
assert_equal here "$(larder_preload python3 -c "import subprocess; subprocess.run(['/bin/cat', '$MOUNT/f'], env={}, check=True)")" 'subprocess'
assert_equal here "$(larder_preload python3 -c "import os; os.posix_spawn('/bin/cat', ['cat', '$MOUNT/f'], {}); os.wait()")" 'os.posix_spawn'
assert_equal here "$(larder_preload perl -e "%ENV = (); exec '/bin/cat', '$MOUNT/f'")" perl
assert_equal here "$(larder_preload perl -e "%ENV = (); print \`cat $MOUNT/f\`")" 'perl, backticks'
assert_equal here "$(larder_preload bash -c "unset LD_PRELOAD; cat '$MOUNT/f'")" 'a shell that unset it'
assert_equal here "$(larder_preload env -i PATH="$PATH" timeout 20 nohup xargs cat <<<"$MOUNT/f" 2>/dev/null)" 'timeout, nohup and xargs'
assert_equal here "$(printf 'all:\n\t@env -i cat %s/f\n' "$MOUNT" | larder_preload make -sf -)" make

# The program's own stays and is in front; ours is there once; what is there is not touched.
assert_equal "$T/libother.so:$SHIM" "$(larder_preload env LD_PRELOAD="$T/libother.so" sh -c 'echo "$LD_PRELOAD"')"
assert_equal "$T/libother.so:$SHIM" "$(larder_preload env LD_PRELOAD="$T/libother.so" env A=1 sh -c 'echo "$LD_PRELOAD"')"
assert_equal "$SHIM $T/libother.so" "$(LD_PRELOAD="$SHIM $T/libother.so" sh -c 'exec sh -c "echo \"\$LD_PRELOAD\""')"
assert_equal "A=1" "$(larder_preload env -i A=1 LD_PRELOAD="$SHIM" /usr/bin/env | grep -v ^LD_PRELOAD)" 'an environment that has it is left alone'
# A variable that the program set is its own.
assert_equal /elsewhere "$(larder_preload env -i HOME=/elsewhere sh -c 'echo "$HOME"')"
# Only what decides about the configuration comes back.
assert_equal 'AWS_PROFILE HOME LARDER_CONFIG LD_PRELOAD XDG_RUNTIME_DIR' \
	"$(env -i HOME="$HOME" XDG_RUNTIME_DIR="$XDG_RUNTIME_DIR" LARDER_CONFIG="$LARDER_CONFIG" AWS_PROFILE=x OTHER=1 LD_PRELOAD="$SHIM" \
		env -i /usr/bin/env | cut -d= -f1 | sort | xargs)"
# By a relative path it is found from another folder too.
assert_equal here "$(cd "$(dirname "$SHIM")" && LD_PRELOAD=./liblarder.so env -C / -i cat "$MOUNT/f")"
# One agent serves all of them: the configuration is the same.
assert_equal 1 "$(agent_pids | wc -l)" agents

stop_agent
configure false
for f in $all; do
	! larder_preload ./spawn "$f" "$MOUNT/f" >out 2>&1 || fail "$f: read without the preload"
	assert_contains_not "$(cat out)" here
done
assert_equal '' "$(larder_preload env -i /usr/bin/env)" 'env -i'
assert_equal "LD_PRELOAD=$T/libother.so" "$(larder_preload env -i LD_PRELOAD="$T/libother.so" /usr/bin/env)"
