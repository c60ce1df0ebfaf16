/*
 * fsx SEED STEPS VIRTUAL LOCAL FILES: makes the same random calls on a virtual folder and on its
 * local copy, and compares every result. The folder has the files 0 to FILES - 1, and the folder
 * "sub" with the same names. Four workers, two threads in each of two processes, share STEPS; each
 * is replayed by its seed. A difference is told with the steps that led to it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROCESSES 2
#define THREADS   2
#define HANDLES   24
#define MAPS      6
#define READ_MAX  70000
#define LOG       40 /* steps that are told */

enum { VIRTUAL, LOCAL, SIDES };

struct handle {
	int fd[SIDES]; /* -1: free */
	int is_dir;
};

struct map {
	char *at[SIDES];
	size_t len;
};

struct worker {
	uint64_t seed, state;
	long step, steps;
	struct handle handles[HANDLES];
	struct map maps[MAPS];
	char log[LOG][160];
	char data[SIDES][READ_MAX];
	char listing[SIDES][8192];
};

static const char *roots[SIDES];
static int files;

static uint64_t rnd(struct worker *w, uint64_t below)
{
	w->state ^= w->state << 13;
	w->state ^= w->state >> 7;
	w->state ^= w->state << 17;
	return (w->state >> 11) % below;
}

__attribute__((format(printf, 2, 3))) static void note(struct worker *w, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(w->log[w->step % LOG], sizeof *w->log, format, ap);
	va_end(ap);
}

static void check(struct worker *w, int same, const char *what, long virtual, long local)
{
	if (same)
		return;
	fprintf(stderr, "seed %llu, step %ld: %s differs: virtual %ld, local %ld (errno %d)\n",
	        (unsigned long long)w->seed, w->step, what, virtual, local, errno);
	for (long i = w->step < LOG ? 0 : w->step - LOG + 1; i <= w->step; i++)
		fprintf(stderr, "  %ld %s\n", i, w->log[i % LOG]);
	_exit(1);
}

/* A result and, where it is a failure, the errno of either side. */
static void check_result(struct worker *w, const char *what, long result[SIDES], int error[SIDES])
{
	check(w, result[VIRTUAL] == result[LOCAL], what, result[VIRTUAL], result[LOCAL]);
	if (result[LOCAL] >= 0 || error[VIRTUAL] == error[LOCAL])
		return;
	/* What a name has above it is known only where that was listed or opened. */
	check(w, error[VIRTUAL] == ENOENT && error[LOCAL] == ENOTDIR, "errno", error[VIRTUAL],
	        error[LOCAL]);
}

#define BOTH(side) for (int side = 0; side < SIDES; side++)

/* A name that is there, mostly: a file, a folder, something missing, something below a file. */
static void pick_name(struct worker *w, char *out, size_t size)
{
	const char *sub = rnd(w, 2) ? "/sub" : "";
	unsigned n = (unsigned)rnd(w, (uint64_t)files);

	switch (rnd(w, 20)) {
	case 0:
		snprintf(out, size, "%s/", sub);
		break;
	case 1:
		snprintf(out, size, "%s/missing%u", sub, n);
		break;
	case 2:
		snprintf(out, size, "%s/%u/below", sub, n);
		break;
	case 3:
		snprintf(out, size, "/sub/../%u", n);
		break;
	case 4:
		snprintf(out, size, "%s/%u/", sub, n);
		break;
	case 5:
		snprintf(out, size, "//./sub//%u", n);
		break;
	default:
		snprintf(out, size, "%s/%u", sub, n);
	}
}

static void path_of(char *out, size_t size, int side, const char *name)
{
	snprintf(out, size, "%s%s", roots[side], name);
}

static void compare_stat(struct worker *w, const struct stat st[SIDES])
{
	const struct stat *v = &st[VIRTUAL], *l = &st[LOCAL];

	check(w, (v->st_mode & S_IFMT) == (l->st_mode & S_IFMT), "type", v->st_mode, l->st_mode);
	if (S_ISDIR(l->st_mode))
		return;
	check(w, v->st_size == l->st_size, "size", v->st_size, l->st_size);
	check(w, v->st_blocks == (v->st_size + 4095) / 4096 * 8, "blocks", v->st_blocks,
	        l->st_blocks);
}

static struct handle *pick_handle(struct worker *w, int want_open)
{
	int first = (int)rnd(w, HANDLES);

	for (int i = 0; i < HANDLES; i++) {
		struct handle *h = &w->handles[(first + i) % HANDLES];

		if ((h->fd[0] >= 0) == want_open)
			return h;
	}
	return NULL;
}

static void do_open(struct worker *w)
{
	static const int flags[] = {O_RDONLY, O_RDONLY, O_RDONLY | O_CLOEXEC, O_RDONLY | O_NOFOLLOW,
	        O_RDONLY | O_DIRECTORY};
	int flag = flags[rnd(w, 5)], error[SIDES] = {0};
	struct handle *h = pick_handle(w, 0);
	struct stat st[SIDES];
	char name[64], path[4096];
	long ok[SIDES];

	if (!h)
		return;
	pick_name(w, name, sizeof name);
	note(w, "open %s flags %o", name, flag);
	BOTH(side)
	{
		path_of(path, sizeof path, side, name);
		h->fd[side] = open(path, flag);
		error[side] = errno;
		ok[side] = h->fd[side] >= 0 ? 0 : -1;
	}
	check_result(w, "open", ok, error);
	if (ok[LOCAL] < 0)
		return;
	BOTH(side)
	fstat(h->fd[side], &st[side]);
	compare_stat(w, st);
	h->is_dir = S_ISDIR(st[LOCAL].st_mode);
}

static void do_openat(struct worker *w)
{
	struct handle *h = pick_handle(w, 1);
	int error[SIDES] = {0};
	char name[16], byte[SIDES];
	long got[SIDES];

	if (!h || !h->is_dir)
		return;
	snprintf(name, sizeof name, "%u", (unsigned)rnd(w, (uint64_t)files + 3));
	note(w, "openat %d %s", h->fd[0], name);
	BOTH(side)
	{
		int fd = openat(h->fd[side], name, O_RDONLY);

		error[side] = errno;
		got[side] = fd < 0 ? -1 : pread(fd, &byte[side], 1, 0);
		if (fd >= 0)
			close(fd);
	}
	check_result(w, "openat", got, error);
	check(w, got[0] != 1 || byte[0] == byte[1], "first byte", byte[0], byte[1]);
}

static void do_stat(struct worker *w)
{
	int kind = (int)rnd(w, 4), error[SIDES] = {0};
	struct handle *h = pick_handle(w, 1);
	struct stat st[SIDES];
	char name[64], path[4096];
	long ok[SIDES];

	pick_name(w, name, sizeof name);
	note(w, "stat %s kind %d", name, kind);
	if (kind == 3 && !h)
		return;
	BOTH(side)
	{
		path_of(path, sizeof path, side, name);
		ok[side] = kind == 0   ? stat(path, &st[side])
		           : kind == 1 ? lstat(path, &st[side])
		           : kind == 2 ? access(path, R_OK)
		                       : fstat(h->fd[side], &st[side]);
		error[side] = errno;
	}
	check_result(w, "stat", ok, error);
	if (ok[LOCAL] == 0 && kind != 2)
		compare_stat(w, st);
}

static void do_read(struct worker *w)
{
	size_t len = rnd(w, READ_MAX), at = rnd(w, 400000);
	struct handle *h = pick_handle(w, 1);
	int positioned = (int)rnd(w, 2), error[SIDES] = {0};
	long got[SIDES];

	if (!h)
		return;
	note(w, "%s %d len %zu at %zu", positioned ? "pread" : "read", h->fd[0], len, at);
	BOTH(side)
	{
		got[side] = positioned ? pread(h->fd[side], w->data[side], len, (off_t)at)
		                       : read(h->fd[side], w->data[side], len);
		error[side] = errno;
	}
	check_result(w, "read", got, error);
	check(w, got[0] <= 0 || !memcmp(w->data[0], w->data[1], (size_t)got[0]), "bytes", 0, 0);
}

static void do_seek(struct worker *w)
{
	static const int whence[] = {SEEK_SET, SEEK_CUR, SEEK_END};
	int how = whence[rnd(w, 3)], error[SIDES] = {0};
	off_t by = (off_t)rnd(w, 300000) - 50000;
	struct handle *h = pick_handle(w, 1);
	long at[SIDES];

	if (!h || h->is_dir)
		return;
	note(w, "lseek %d by %ld how %d", h->fd[0], (long)by, how);
	BOTH(side)
	{
		at[side] = lseek(h->fd[side], by, how);
		error[side] = errno;
	}
	check_result(w, "lseek", at, error);
}

/* A mapping is compared once more when it goes, which may be long after its file was evicted or
 * closed. */
static void do_map(struct worker *w)
{
	struct map *m = &w->maps[rnd(w, MAPS)];
	struct handle *h = pick_handle(w, 1);
	struct stat st;

	note(w, "map %zu of %d", m->len, h ? h->fd[0] : -1);
	if (m->len) {
		check(w, !memcmp(m->at[0], m->at[1], m->len), "mapped bytes", 0, 0);
		BOTH(side)
		munmap(m->at[side], m->len);
		m->len = 0;
	}
	if (!h || h->is_dir || fstat(h->fd[LOCAL], &st) || !st.st_size)
		return;
	BOTH(side)
	{
		m->at[side] =
		        mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, h->fd[side], 0);
		check(w, m->at[side] != MAP_FAILED, "mmap", side, 0);
	}
	m->len = (size_t)st.st_size;
}

static void do_dup(struct worker *w)
{
	struct handle *from = pick_handle(w, 1), *to = pick_handle(w, 0);

	if (!from || !to)
		return;
	note(w, "dup %d", from->fd[0]);
	BOTH(side)
	to->fd[side] = dup(from->fd[side]);
	to->is_dir = from->is_dir;
	check(w, to->fd[0] >= 0 && to->fd[1] >= 0, "dup", to->fd[0], to->fd[1]);
}

static void do_close(struct worker *w)
{
	struct handle *h = pick_handle(w, 1);

	if (!h)
		return;
	note(w, "close %d", h->fd[0]);
	BOTH(side)
	{
		check(w, close(h->fd[side]) == 0, "close", side, errno);
		h->fd[side] = -1;
	}
}

static int no_dots(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static void do_list(struct worker *w)
{
	const char *sub = rnd(w, 2) ? "/sub" : "/";
	char path[4096];

	note(w, "list %s", sub);
	BOTH(side)
	{
		struct dirent **list;
		size_t len = 0;
		int n;

		path_of(path, sizeof path, side, sub);
		n = scandir(path, &list, no_dots, alphasort);
		check(w, n >= 0, "scandir", side, errno);
		for (int i = 0; i < n; i++) {
			len += (size_t)snprintf(w->listing[side] + len,
			        sizeof w->listing[side] - len, "%s:%d ", list[i]->d_name,
			        list[i]->d_type);
			free(list[i]);
		}
		free(list);
	}
	check(w, !strcmp(w->listing[0], w->listing[1]), "listing", 0, 0);
}

static void step(struct worker *w)
{
	uint64_t what = rnd(w, 100);

	if (what < 5)
		do_open(w);
	else if (what < 8)
		do_openat(w);
	else if (what < 28)
		do_stat(w);
	else if (what < 65)
		do_read(w);
	else if (what < 78)
		do_seek(w);
	else if (what < 84)
		do_map(w);
	else if (what < 90)
		do_dup(w);
	else if (what < 96)
		do_close(w);
	else
		do_list(w);
}

static void *work(void *arg)
{
	struct worker *w = arg;

	for (int i = 0; i < HANDLES; i++)
		w->handles[i].fd[VIRTUAL] = w->handles[i].fd[LOCAL] = -1;
	w->state = w->seed * 0x9e3779b97f4a7c15u | 1;
	for (w->step = 0; w->step < w->steps; w->step++)
		step(w);
	return NULL;
}

static void run_process(uint64_t seed, long steps)
{
	struct worker *workers = calloc(THREADS, sizeof *workers);
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++) {
		workers[i].seed = seed + (uint64_t)i;
		workers[i].steps = steps;
		if (pthread_create(&threads[i], NULL, work, &workers[i]))
			_exit(2);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	_exit(0);
}

int main(int argc, char **argv)
{
	int failed = 0, status;
	uint64_t seed;
	long steps;

	if (argc != 6)
		return 2;
	seed = strtoull(argv[1], NULL, 10);
	steps = atol(argv[2]) / PROCESSES / THREADS;
	roots[VIRTUAL] = argv[3];
	roots[LOCAL] = argv[4];
	files = atoi(argv[5]);
	for (int i = 0; i < PROCESSES; i++) {
		if (fork() == 0)
			run_process(seed + (uint64_t)i * THREADS, steps);
	}
	while (wait(&status) > 0)
		failed |= status != 0;
	printf("%ld steps, seeds %llu to %llu: %s\n", steps * PROCESSES * THREADS,
	        (unsigned long long)seed, (unsigned long long)seed + PROCESSES * THREADS - 1,
	        failed ? "DIFFERENT" : "the same");
	return failed;
}
