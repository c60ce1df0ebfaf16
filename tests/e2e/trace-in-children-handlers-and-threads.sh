#!/bin/bash
# Calls of a child of vfork, of a signal handler that interrupts a call, and of many threads have their own lines, each whole.
. "$(dirname "$0")/../lib/lib.sh"

requires cc
ORIGIN=file://$ORIGIN_DIR
mkdir "$ORIGIN_DIR/demo"
for i in {0..15}; do echo "$i" >"$ORIGIN_DIR/demo/$i"; done
demo_config
cat >program.c <<'END'
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *prefix;
static char in_handler[4096], in_child[4096], in_parent[4096];
static volatile sig_atomic_t handled;

static void handle(int sig)
{
	struct stat st;

	(void)sig;
	handled += stat(in_handler, &st) == 0;
}

static void *read_all(void *arg)
{
	char path[4096];

	for (int i = 0; i < 16; i++) {
		snprintf(path, sizeof path, "%s/%d", prefix, i);
		close(open(path, O_RDONLY));
	}
	return arg;
}

int main(int argc, char **argv)
{
	struct itimerval often = {{0, 200}, {0, 200}}, never = {{0, 0}, {0, 0}};
	pthread_t threads[16];
	pid_t pid;

	(void)argc;
	prefix = argv[1];
	snprintf(in_handler, sizeof in_handler, "%s/0", prefix);
	snprintf(in_child, sizeof in_child, "%s/1", prefix);
	snprintf(in_parent, sizeof in_parent, "%s/none", prefix);
	pid = vfork();
	if (!pid) {
		access(in_child, R_OK);
		execl("/bin/true", "true", (char *)0);
		_exit(1);
	}
	waitpid(pid, NULL, 0);
	printf("%d %d\n", (int)getpid(), (int)pid);
	fflush(stdout);
	signal(SIGALRM, handle);
	setitimer(ITIMER_REAL, &often, NULL);
	for (int i = 0; i < 2000 || handled < 5; i++)
		access(in_parent, R_OK);
	setitimer(ITIMER_REAL, &never, NULL);
	for (int i = 0; i < 16; i++)
		pthread_create(&threads[i], NULL, read_all, NULL);
	for (int i = 0; i < 16; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
END
cc -O1 -o program program.c -pthread
for trace in "$T/trace" "stack,$T/trace-stack"; do
	file=${trace#stack,}
	read -r parent child <<<"$(LARDER_TRACE=$trace larder_preload ./program "$MOUNT")"
	assert_equal 1 "$(grep -cE "^larder $child access \"$MOUNT/1\" = 0 (hit|miss)" "$file")" 'lines of the child of vfork'
	assert_at_least 5 "$(grep -cE "^larder $parent stat \"$MOUNT/0\" = 0 (hit|miss)" "$file")" 'lines of the handler'
	assert_at_least 2000 "$(grep -cE "^larder $parent access \"$MOUNT/none\" = ENOENT (hit|miss)" "$file")" 'lines of the interrupted call'
	assert_equal 256 "$(grep -cE "^larder $parent open \"$MOUNT/[0-9]+\" = [0-9]+ (hit|miss)" "$file")" 'lines of the threads'
	assert_equal 0 "$(grep -vcE '^larder [0-9]+ ([a-z]+ ".*" = [A-Z0-9]+ (hit|miss) [0-9]+us|#[0-9]+ .* \(.*0x[0-9a-f]+\))$' "$file" || true)" 'lines that are none'
done
