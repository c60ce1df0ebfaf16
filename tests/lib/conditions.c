/*
 * conditions WHAT DIRECTORY COUNT: a program in some unusual state reads DIRECTORY, which has the
 * files 0 to COUNT - 1; each holds its name and a newline. Status 0 if everything was as in a local
 * directory; the reason is on stderr otherwise.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define THREADS  64
#define ROUNDS   30
#define MAPS_MAX 160 /* lines of /proc/self/maps: 64 listings, and what a program has anyway */

extern char **environ;
static const char *dir;
static int count;

#define MUST(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			dprintf(2, "line %d: %s (errno %d)\n", __LINE__, #condition, errno);       \
			_exit(1);                                                                  \
		}                                                                                  \
	} while (0)

/* Everything from here to read_all is async-signal-safe but for list(). */
static char *name_of(char *out, int i)
{
	char *p = out + strlen(strcpy(out, dir)), digits[12];
	int n = 0;

	*p++ = '/';
	do
		digits[n++] = (char)('0' + i % 10);
	while (i /= 10);
	while (n)
		*p++ = digits[--n];
	*p = 0;
	return out;
}

static int open_one(int i)
{
	char path[4096];

	return open(name_of(path, i), O_RDONLY | O_CLOEXEC);
}

static int read_one(int i)
{
	char path[4096], got[32] = "";
	struct stat by_name, by_fd;
	int fd = open(name_of(path, i), O_RDONLY | O_CLOEXEC), ok;

	if (fd < 0)
		return 0;
	ok = read(fd, got, sizeof got - 1) > 0 && atoi(got) == i && fstat(fd, &by_fd) == 0 &&
	     stat(path, &by_name) == 0 && by_name.st_ino == by_fd.st_ino &&
	     by_name.st_size == by_fd.st_size;
	return close(fd) == 0 && ok;
}

static int list(void)
{
	DIR *d = opendir(dir);
	int n = 0;

	if (!d)
		return -1;
	while (readdir(d))
		n++;
	return closedir(d) == 0 ? n - 2 : -1;
}

static void read_all(void)
{
	for (int i = 0; i < count; i++)
		MUST(read_one(i));
	MUST(list() == count);
}

static int open_descriptors(void)
{
	int n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static int lines_of_maps(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	int n = 0, c;

	MUST(f);
	while ((c = getc(f)) != EOF)
		n += c == '\n';
	fclose(f);
	return n;
}

static void start_timer(long us)
{
	struct itimerval t = {.it_interval = {.tv_usec = us}, .it_value = {.tv_usec = us}};

	MUST(setitimer(ITIMER_REAL, &t, NULL) == 0);
}

static void handle(int signal, void (*handler)(int))
{
	struct sigaction a = {.sa_handler = handler, .sa_flags = SA_RESTART};

	MUST(sigaction(signal, &a, NULL) == 0);
}

static void run_threads(void *(*body)(void *), int n, size_t stack)
{
	pthread_t threads[THREADS];
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	if (stack)
		MUST(pthread_attr_setstacksize(&attr, stack) == 0);
	for (long i = 0; i < n; i++)
		MUST(pthread_create(&threads[i], &attr, body, (void *)i) == 0);
	for (int i = 0; i < n; i++)
		MUST(pthread_join(threads[i], NULL) == 0);
}

/* -- small thread stacks -- */

static void *read_in_thread(void *arg)
{
	(void)arg;
	read_all();
	return NULL;
}

static void small_stacks(void)
{
	run_threads(read_in_thread, 8, 128 << 10);
}

/* -- a vfork child -- */

static void vfork_child(void)
{
	char path[4096];
	char *argv[] = {"cat", path, NULL};
	volatile int i;
	int status;

	for (i = 0; i < count; i++) {
		pid_t pid = vfork();

		MUST(pid >= 0);
		if (pid == 0)
			_exit(read_one(i) && chdir(dir) == 0 ? 0 : 1);
		MUST(waitpid(pid, &status, 0) == pid && status == 0);
	}
	/* As system() and popen() do it. */
	name_of(path, 0);
	for (i = 0; i < ROUNDS; i++) {
		posix_spawn_file_actions_t actions;
		pid_t pid;

		posix_spawn_file_actions_init(&actions);
		posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
		MUST(posix_spawnp(&pid, "cat", &actions, NULL, argv, environ) == 0);
		MUST(waitpid(pid, &status, 0) == pid && status == 0);
		posix_spawn_file_actions_destroy(&actions);
	}
	read_all();
}

/* -- a signal handler -- */

static volatile sig_atomic_t handled, handler_failed;

static void read_in_handler(int signal)
{
	int saved = errno;

	(void)signal;
	if (!read_one(handled % count))
		handler_failed++;
	handled++;
	errno = saved;
}

static void handler(void)
{
	time_t end = time(NULL) + 2;

	handle(SIGALRM, read_in_handler);
	start_timer(700);
	while (time(NULL) <= end)
		read_all();
	start_timer(0);
	MUST(handled > 100 && handler_failed == 0);
}

/* -- a signal handler that does not come back -- */

static sigjmp_buf back;
static volatile sig_atomic_t may_jump;

static void jump(int signal)
{
	(void)signal;
	if (may_jump)
		siglongjmp(back, 1);
}

static void longjmps(void)
{
	time_t end = time(NULL) + 2;
	volatile int jumps = 0, i = 0;

	handle(SIGALRM, jump);
	start_timer(500);
	while (time(NULL) <= end) {
		/* open and stat alone: a stream that is jumped out of is lost, as its memory is. */
		if (sigsetjmp(back, 1))
			jumps++;
		may_jump = 1;
		while (may_jump && jumps < 2000 && time(NULL) <= end) {
			char path[4096];
			struct stat st;

			MUST(stat(name_of(path, i), &st) == 0 && st.st_size > 1);
			i = (i + 1) % count;
		}
		may_jump = 0;
	}
	start_timer(0);
	MUST(jumps > 50);
	read_all();
	MUST(lines_of_maps() < MAPS_MAX);
}

/* -- threads that are cancelled -- */

static void *until_cancelled(void *arg)
{
	unsigned i = (unsigned)(long)arg;

	for (;; i++) {
		int state, fd;
		DIR *d;

		/* What they return must not be lost between the call and its keeping. */
		pthread_testcancel();
		fd = open_one((int)(i % (unsigned)count));
		pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
		MUST(fd >= 0);
		close(fd);
		d = opendir(dir);
		MUST(d && readdir(d));
		closedir(d);
		pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
	}
	return NULL;
}

static void cancelled(void)
{
	int before;

	read_all();
	before = open_descriptors();
	for (int round = 0; round < ROUNDS; round++) {
		pthread_t threads[8];

		for (long i = 0; i < 8; i++)
			MUST(pthread_create(&threads[i], NULL, until_cancelled, (void *)i) == 0);
		usleep(5000);
		for (int i = 0; i < 8; i++)
			pthread_cancel(threads[i]);
		for (int i = 0; i < 8; i++)
			pthread_join(threads[i], NULL);
	}
	MUST(open_descriptors() == before);
	MUST(lines_of_maps() < MAPS_MAX);
	read_all();
}

/* -- many threads that open, list and fork -- */

static bool forks = true;

static void *storm(void *arg)
{
	int first = (int)(long)arg, status;

	for (int i = 0; i < ROUNDS; i++) {
		int which = (first * 7 + i) % count;

		MUST(read_one(which));
		if (i % 5 == first % 5)
			MUST(list() == count);
		if (forks && i % 10 == first % 10) {
			pid_t pid = fork();

			MUST(pid >= 0);
			if (pid == 0)
				_exit(read_one(which) && list() == count ? 0 : 1);
			MUST(waitpid(pid, &status, 0) == pid && status == 0);
		}
	}
	return NULL;
}

static void threads(void)
{
	run_threads(storm, THREADS, 0);
	MUST(open_descriptors() == 3);
}

/* ThreadSanitizer follows no forks of a program with threads, and has descriptors of its own. */
static void readers(void)
{
	forks = false;
	run_threads(storm, THREADS, 0);
}

/* -- descriptors -- */

static void closed_range(void)
{
	read_all();
	closefrom(3);
	read_all();
	MUST(close_range(3, ~0U, 0) == 0);
	read_all();
	for (int fd = 3; fd < 1024; fd++)
		close(fd);
	read_all();
	MUST(open_descriptors() == 3);
	MUST(open_one(0) == 3);
}

/* Fills the table up to `left` free ones. */
static void exhaust(int *taken, int limit, int left)
{
	int n = 0;

	while (n < limit && (taken[n] = open("/dev/null", O_RDONLY)) >= 0)
		n++;
	MUST(errno == EMFILE && n > left);
	while (left--)
		close(taken[--n]);
	taken[n] = -1;
}

static void exhausted(void)
{
	struct rlimit limit = {64, 64};
	int taken[65], n, last = count - 1;
	struct stat st;
	char path[4096];

	/* The files are cold but for the first, and the listing is known. */
	MUST(read_one(0) && list() == count);
	MUST(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	exhaust(taken, 64, 0);
	errno = 0;
	MUST(open_one(0) == -1 && errno == EMFILE);
	MUST(open_one(last) == -1 && errno == EMFILE);
	MUST(!opendir(dir) && errno == EMFILE);
	MUST(!fopen(name_of(path, last), "r") && errno == EMFILE);
	MUST(stat(name_of(path, 0), &st) == 0 && st.st_size == 2);
	for (n = 0; taken[n] >= 0; n++)
		close(taken[n]);
	/* With one left, one file can be open, whether it is in the cache or not. */
	exhaust(taken, 64, 1);
	MUST(open_descriptors() == 63);
	MUST(read_one(0) && read_one(last) && read_one(last - 1));
	MUST(list() == count);
	MUST(open_descriptors() == 63);
	for (n = 0; taken[n] >= 0; n++)
		close(taken[n]);
	read_all();
	MUST(open_descriptors() == 3);
}

/* With 0, 1 or 2 closed, the next open has that number, and nothing else ever has. */
static void closed_standard(void)
{
	for (int closed = 0; closed < 3; closed++) {
		int kept = fcntl(closed, F_DUPFD_CLOEXEC, 10), fd;

		MUST(kept >= 10 && close(closed) == 0);
		fd = open_one(closed);
		MUST(fd == closed && close(fd) == 0);
		read_all();
		MUST(fcntl(closed, F_GETFD) == -1 && errno == EBADF);
		MUST(dup2(kept, closed) == closed && close(kept) == 0);
	}
	for (int fd = 0; fd < 3; fd++)
		close(fd);
	for (int fd = 0; fd < 3; fd++)
		MUST(open_one(fd) == fd);
}

static const struct {
	const char *name;
	void (*run)(void);
} conditions[] = {
        {"small-stacks", small_stacks},
        {"vfork-child", vfork_child},
        {"handler", handler},
        {"longjmps", longjmps},
        {"cancelled", cancelled},
        {"threads", threads},
        {"readers", readers},
        {"closed-range", closed_range},
        {"exhausted", exhausted},
        {"closed-standard", closed_standard},
};

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	dir = argv[2];
	count = atoi(argv[3]);
	closefrom(3); /* of who started it */
	for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++) {
		if (strcmp(conditions[i].name, argv[1]) == 0) {
			conditions[i].run();
			return 0;
		}
	}
	return 2;
}
