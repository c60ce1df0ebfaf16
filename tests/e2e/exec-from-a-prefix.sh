#!/bin/bash
# Programs and scripts in a prefix run, cold and warm, by every function of the exec family: scripts with the path that the caller gave,
# programs under a name in the cache that stays.
. "$(dirname "$0")/../lib/lib.sh"
requires cc

mkdir -p "$ORIGIN_DIR/demo/bin"
cat >show.c <<'END'
#include <stdio.h>
#include <unistd.h>
int main(int argc, char **argv, char **env)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	printf("%.*s:", (int)n, n < 0 ? "" : self);
	for (int i = 0; i < argc; i++)
		printf(" [%s]", argv[i]);
	for (; *env; env++)
		if (**env == 'Z')
			printf(" %s", *env);
	putchar('\n');
}
END
cc -o "$ORIGIN_DIR/demo/bin/show" show.c
cat >call.c <<'END'
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
/* call FUNCTION PROGRAM: with the arguments zero, one; and Z=1 in the environment where it takes one. */
int main(int argc, char **argv)
{
	char *args[] = {"zero", "one", NULL}, *env[500] = {"Z=1"}, *path = argv[2];
	const char *f = argv[1];
	int dir, err = 0, n = 1;
	pid_t pid = 0;

	(void)argc;
	for (char **e = environ; *e; e++)
		if (**e != 'Z' && n < 499)
			env[n++] = *e;
	if (!strcmp(f, "execve")) execve(path, args, env);
	if (!strcmp(f, "execv")) execv(path, args);
	if (!strcmp(f, "execl")) execl(path, "zero", "one", (char *)NULL);
	if (!strcmp(f, "execle")) execle(path, "zero", "one", (char *)NULL, env);
	if (!strcmp(f, "execlp")) execlp(path, "zero", "one", (char *)NULL);
	if (!strcmp(f, "execvp")) execvp(path, args);
	if (!strcmp(f, "execvpe")) execvpe(path, args, env);
	if (!strcmp(f, "execveat")) execveat(AT_FDCWD, path, args, env, 0);
	if (!strcmp(f, "syscall")) syscall(SYS_execve, path, args, env);
	if (!strcmp(f, "syscallat")) syscall(SYS_execveat, AT_FDCWD, path, args, env, 0);
	if (!strcmp(f, "fexecve")) fexecve(open(path, O_RDONLY), args, env);
	if (!strcmp(f, "indir")) {
		char *slash = strrchr(path, '/');
		*slash = 0;
		dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		execveat(dir, slash + 1, args, env, 0);
	}
	if (!strcmp(f, "vfork")) {
		if (!vfork()) {
			execve(path, args, env);
			perror("vfork"), _exit(99);
		}
		wait(NULL);
		return 0;
	}
	if (!strcmp(f, "posix_spawn")) err = posix_spawn(&pid, path, NULL, NULL, args, env);
	if (!strcmp(f, "posix_spawnp")) err = posix_spawnp(&pid, path, NULL, NULL, args, env);
	if (pid > 0 && !err)
		return wait(NULL) != pid;
	errno = err ? err : errno;
	perror(f);
	return 1;
}
END
cc -Wno-unused -o call call.c
export Z=0

# run FUNCTION PROGRAM
run() { larder_preload ./call "$@"; }
with_env() { case $1 in execve | execle | execvpe | execveat | syscall | syscallat | fexecve | indir | vfork | posix_spawn*) echo 'Z=1' ;; *) echo 'Z=0' ;; esac; }

ORIGIN=file://$ORIGIN_DIR
all='execve execv execl execle execlp execvp execvpe execveat syscall syscallat indir vfork posix_spawn posix_spawnp'
printf '#!%s/bin/show  an argument \nnothing\n' "$MOUNT" >"$ORIGIN_DIR/demo/bin/script"
printf '#!/bin/bash\necho "$0 $*"\n' >"$ORIGIN_DIR/demo/bin/shell"
chmod +x "$ORIGIN_DIR"/demo/bin/*
demo_config
for f in $all fexecve; do cp "$ORIGIN_DIR/demo/bin/show" "$ORIGIN_DIR/demo/bin/show-$f"; done
for temperature in cold warm; do
	for f in $all fexecve; do
		said=$(run "$f" "$MOUNT/bin/show-$f")
		case $said in
		"$CACHE"/data/demo~*/bin/"show-$f: [zero] [one] $(with_env "$f")" | "$MOUNT/bin/show-$f: [zero] [one] $(with_env "$f")") ;;
		*) fail "$f, $temperature: $said" ;;
		esac
	done
done

# Scripts: the interpreter gets the path as it was given. By a descriptor alone, what the kernel says.
for f in $all; do
	assert_equal "[$MOUNT/bin/show] [an argument] [$MOUNT/bin/script] [one] $(with_env "$f")" \
		"$(run "$f" "$MOUNT/bin/script" | cut -d: -f2- | cut -c2-)" "$f of a script"
	assert_equal "$MOUNT/bin/shell one" "$(run "$f" "$MOUNT/bin/shell")" "$f of a shell script"
done
assert_equal "[$MOUNT/bin/show] [an argument] [/dev/fd/3] [one] Z=1" "$(run fexecve "$MOUNT/bin/script" 3>&- | cut -d: -f2- | cut -c2-)"
mkdir real
cp "$ORIGIN_DIR/demo/bin/script" real/script
for f in $all; do
	[ "$f" != indir ] || continue
	assert_equal "[$MOUNT/bin/show] [an argument] [real/script] [one] $(with_env "$f")" \
		"$(run "$f" real/script | cut -d: -f2- | cut -c2-)" "$f of a real script with a virtual interpreter"
done
# Relative, from inside.
assert_equal './shell one' "$(cd "$T" && larder_preload bash -c "cd '$MOUNT/bin' && exec '$T/call' execve ./shell")"
