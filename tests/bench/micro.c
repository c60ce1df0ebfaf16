/*
 * One measurement of scripts/bench: does one thing to a file, many times, and prints one number.
 *
 *	micro open-read|open-close|stat|fstat|fstat-fresh FILE   nanoseconds of one
 *	micro fstat-others DIR         the same, of 256 files with the names 0 to 255
 *	micro first-byte FILE…         the same, of opening each once and reading a byte
 *	micro spawn LIBRARY            nanoseconds of /bin/true with LD_PRELOAD=LIBRARY, to its end
 *	micro sequential|random FILE   MiB/s of reading all of it, or of 4 KiB at random places
 *	micro read-once FILE           opens, reads a little and closes; for strace
 *	micro crc32c FILE              its CRC-32C, in hexadecimal
 *
 * Times are the median of batches, so that an interruption spoils one batch and not the number. The
 * program knows nothing of larder: whether it is preloaded is its caller's choice.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MEASURE_NS   150000000LL /* of one run of a repeated thing */
#define BATCH        256         /* repetitions between two looks at the clock */
#define BATCHES_MAX  20000
#define OBJECT_READ  (16 << 10)
#define BIG_READ     (256 << 10)
#define RANDOM_READ  4096
#define RANDOM_READS 200000

static char buffer[BIG_READ];

static void die(const char *what)
{
	fprintf(stderr, "micro: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Each does its thing BATCH times and returns how many nanoseconds that took. */
typedef int64_t batch_fn(const char *arg);

static int open_or_die(const char *path)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		die(path);
	return fd;
}

static int64_t open_read(const char *path)
{
	int64_t begun = now();

	for (int i = 0; i < BATCH; i++) {
		int fd = open_or_die(path);

		if (read(fd, buffer, OBJECT_READ) != OBJECT_READ)
			die(path);
		close(fd);
	}
	return now() - begun;
}

static int64_t open_close(const char *path)
{
	int64_t begun = now();

	for (int i = 0; i < BATCH; i++)
		close(open_or_die(path));
	return now() - begun;
}

static int64_t stat_path(const char *path)
{
	int64_t begun = now();
	struct stat st;

	for (int i = 0; i < BATCH; i++) {
		if (stat(path, &st))
			die(path);
	}
	return now() - begun;
}

static int64_t fstat_same(const char *path)
{
	static int fd = -1;
	int64_t begun;
	struct stat st;

	if (fd < 0)
		fd = open_or_die(path);
	begun = now();
	for (int i = 0; i < BATCH; i++) {
		if (fstat(fd, &st))
			die(path);
	}
	return now() - begun;
}

/* The first fstat of descriptors, which are closed again. */
static int64_t fstat_each(const int *fds)
{
	int64_t begun = now(), took;
	struct stat st;

	for (int i = 0; i < BATCH; i++) {
		if (fstat(fds[i], &st))
			die("fstat");
	}
	took = now() - begun;
	for (int i = 0; i < BATCH; i++)
		close(fds[i]);
	return took;
}

static int64_t fstat_fresh(const char *path)
{
	int fds[BATCH];

	for (int i = 0; i < BATCH; i++)
		fds[i] = open_or_die(path);
	return fstat_each(fds);
}

static int64_t fstat_others(const char *dir)
{
	char path[PATH_MAX];
	int fds[BATCH];

	for (int i = 0; i < BATCH; i++) {
		snprintf(path, sizeof path, "%s/%d", dir, i);
		fds[i] = open_or_die(path);
	}
	return fstat_each(fds);
}

/* One start is long enough to be a batch: its time counts BATCH-fold. */
static int64_t spawn(const char *library)
{
	static char preload[4200];
	char *argv[] = {"true", NULL}, *env[64] = {preload};
	int64_t begun;
	pid_t pid;
	int status, n = 1;

	snprintf(preload, sizeof preload, "LD_PRELOAD=%s", library);
	for (char **e = environ; *e && n < 63; e++) {
		if (strncmp(*e, "LD_", 3) != 0)
			env[n++] = *e;
	}
	begun = now();
	errno = posix_spawn(&pid, "/bin/true", NULL, NULL, argv, env);
	if (errno || waitpid(pid, &status, 0) != pid || status)
		die("/bin/true");
	return (now() - begun) * BATCH;
}

static double measure(batch_fn *batch, const char *arg)
{
	static double took[BATCHES_MAX];
	int64_t end;
	int n = 0;

	batch(arg);
	end = now() + MEASURE_NS;
	do
		took[n++] = (double)batch(arg) / BATCH;
	while (n < BATCHES_MAX && now() < end);
	qsort(took, (size_t)n, sizeof *took, compare);
	return took[n / 2];
}

static double mib_per_second(double bytes, int64_t ns)
{
	return bytes / (1 << 20) / ((double)ns / 1e9);
}

static double sequential(const char *path)
{
	int64_t begun = now();
	int fd = open_or_die(path);
	double bytes = 0;
	ssize_t n;

	while ((n = read(fd, buffer, sizeof buffer)) > 0)
		bytes += (double)n;
	if (n < 0)
		die(path);
	close(fd);
	return mib_per_second(bytes, now() - begun);
}

static double random_reads(const char *path)
{
	uint64_t seed = 88172645463325252ULL, pages;
	int64_t begun = now();
	int fd = open_or_die(path);
	struct stat st;

	if (fstat(fd, &st) || st.st_size < RANDOM_READ)
		die(path);
	pages = (uint64_t)st.st_size / RANDOM_READ;
	for (int i = 0; i < RANDOM_READS; i++) {
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		if (pread(fd, buffer, RANDOM_READ, (off_t)(seed % pages * RANDOM_READ)) !=
		        RANDOM_READ)
			die(path);
	}
	close(fd);
	return mib_per_second((double)RANDOM_READ * RANDOM_READS, now() - begun);
}

static void read_once(const char *path)
{
	int fd = open_or_die(path);

	for (int i = 0; i < 16; i++) {
		if (pread(fd, buffer, RANDOM_READ, i * RANDOM_READ) != RANDOM_READ)
			die(path);
	}
	if (lseek(fd, 0, SEEK_END) < 0 || lseek(fd, 0, SEEK_SET) < 0 ||
	        read(fd, buffer, RANDOM_READ) != RANDOM_READ)
		die(path);
	close(fd);
}

/* CRC-32C (RFC 3720) in hexadecimal, as S3 has it of an object. */
static void crc32c(const char *path)
{
	uint32_t table[256], crc = ~0U;
	int fd = open_or_die(path);
	ssize_t n;

	for (uint32_t i = 0; i < 256; i++) {
		table[i] = i;
		for (int bit = 0; bit < 8; bit++)
			table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0x82f63b78 : 0);
	}
	while ((n = read(fd, buffer, sizeof buffer)) > 0) {
		for (ssize_t i = 0; i < n; i++)
			crc = crc >> 8 ^ table[(crc ^ (unsigned char)buffer[i]) & 255];
	}
	if (n < 0)
		die(path);
	close(fd);
	printf("%08x\n", ~crc);
}

static double first_bytes(char **files, int n)
{
	double *ns = calloc((size_t)n, sizeof *ns), middle;

	if (!ns)
		die("memory");
	for (int i = 0; i < n; i++) {
		int64_t begun = now();
		int fd = open_or_die(files[i]);

		if (read(fd, buffer, 1) != 1)
			die(files[i]);
		ns[i] = (double)(now() - begun);
		close(fd);
	}
	qsort(ns, (size_t)n, sizeof *ns, compare);
	middle = ns[n / 2];
	free(ns);
	return middle;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		batch_fn *batch;
	} batches[] = {
	        {"open-read", open_read},
	        {"open-close", open_close},
	        {"stat", stat_path},
	        {"fstat", fstat_same},
	        {"fstat-fresh", fstat_fresh},
	        {"fstat-others", fstat_others},
	        {"spawn", spawn},
	};

	if (argc < 3) {
		fprintf(stderr, "usage: micro WHAT FILE\n");
		return 2;
	}
	if (strcmp(argv[1], "first-byte") == 0)
		return printf("%.1f\n", first_bytes(argv + 2, argc - 2)) < 0;
	if (strcmp(argv[1], "sequential") == 0)
		return printf("%.1f\n", sequential(argv[2])) < 0;
	if (strcmp(argv[1], "random") == 0)
		return printf("%.1f\n", random_reads(argv[2])) < 0;
	if (strcmp(argv[1], "crc32c") == 0) {
		crc32c(argv[2]);
		return 0;
	}
	if (strcmp(argv[1], "read-once") == 0) {
		read_once(argv[2]);
		return 0;
	}
	for (size_t i = 0; i < sizeof batches / sizeof *batches; i++) {
		if (strcmp(argv[1], batches[i].name) == 0)
			return printf("%.1f\n", measure(batches[i].batch, argv[2])) < 0;
	}
	fprintf(stderr, "micro: %s: there is no such measurement\n", argv[1]);
	return 2;
}
