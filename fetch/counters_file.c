#include "fetch/counters_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD   "larder counters 1\n"
#define SUFFIX ".counters"

/* "hits=3"; a name that is not known says nothing. False if it is no such word. */
static bool parse_word(const char *word, struct counters *c)
{
	const char *eq = strchr(word, '=');
	char *end;
	uint64_t n;

	if (!eq || eq[1] < '0' || eq[1] > '9')
		return false;
	errno = 0;
	n = strtoull(eq + 1, &end, 10);
	if (errno || *end)
		return false;
	for (size_t i = 0; i < counters_count; i++) {
		const char *name = counters_table[i].name;

		if (strlen(name) == (size_t)(eq - word) && memcmp(name, word, strlen(name)) == 0)
			*(uint64_t *)((char *)c + counters_table[i].offset) = n;
	}
	return true;
}

int counters_parse(char *text, counters_cb *cb, void *arg)
{
	unsigned rows = 0;
	char *line;

	if (strncmp(text, HEAD, strlen(HEAD)) != 0)
		return -EPROTO;
	text += strlen(HEAD);
	/* What follows the last newline was cut off. */
	while (strchr(text, '\n') && (line = strsep(&text, "\n")) &&
	        rows++ < COUNTERS_PROFILES_MAX) {
		struct counters c = {0};
		char *dir = strsep(&line, " "), *word;
		bool good = *dir && strlen(dir) <= COUNTERS_DIR_MAX && !strchr(dir, '/');

		while (good && (word = strsep(&line, " ")))
			good = parse_word(word, &c);
		if (good)
			cb(arg, dir, &c);
	}
	return 0;
}

/* The whole of a file with a NUL behind it; NULL if it cannot be had. The location may hold
 * anything. */
static char *read_file(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	char *text = NULL;
	ssize_t n = -1;
	struct stat st;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= COUNTERS_FILE_MAX)
		text = malloc((size_t)st.st_size + 1);
	if (text)
		n = pread(fd, text, (size_t)st.st_size, 0);
	close(fd);
	if (n < 0) {
		free(text);
		return NULL;
	}
	text[n] = 0;
	return text;
}

static int open_usage(const struct layout *l)
{
	return openat(l->location_fd, "usage", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

/* Random bytes that stand for this runtime folder, wherever and whenever it is: hosts can have one
 * name, and configurations are shared. */
static uint64_t runtime_id(const struct agent *a)
{
	char path[LAYOUT_PATH_MAX];
	uint64_t id = 0;
	int fd;

	if (layout_runtime(&a->layout, path, "counters.id") != 0)
		return 0;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return 0;
	if (pread(fd, &id, sizeof id, 0) != sizeof id && getentropy(&id, sizeof id) == 0 &&
	        pwrite(fd, &id, sizeof id, 0) != sizeof id)
		id = 0;
	close(fd);
	return id;
}

void counters_file_init(struct counters_job *job, const struct agent *a,
        void (*done)(struct counters_job *), void *arg)
{
	char host[64] = "";

	gethostname(host, sizeof host - 1);
	for (char *p = host; *p; p++) {
		if (*p == '/' || *p == '.')
			*p = '-';
	}
	*job = (struct counters_job){
	        .done = done, .arg = arg, .layout = &a->layout, .loop = a->loop};
	snprintf(job->name, sizeof job->name, "%s.%016llx" SUFFIX, host,
	        (unsigned long long)runtime_id(a));
	job->work.data = job;
}

void counters_file_release(struct counters_job *job)
{
	free(job->text);
}

static void after(uv_work_t *work, int status)
{
	struct counters_job *job = work->data;

	(void)status;
	job->busy = false;
	job->done(job);
}

static void load_work(uv_work_t *work)
{
	struct counters_job *job = work->data;
	int dir = open_usage(job->layout);

	if (dir < 0)
		return;
	job->text = read_file(dir, job->name);
	close(dir);
}

void counters_file_load(struct counters_job *job)
{
	job->busy = uv_queue_work(job->loop, &job->work, load_work, after) == 0;
}

void counters_file_take(struct counters_job *job, counters_cb *cb, void *arg)
{
	if (job->text)
		counters_parse(job->text, cb, arg);
	free(job->text);
	job->text = NULL;
}

static void write_work(uv_work_t *work)
{
	struct counters_job *job = work->data;
	size_t len = strlen(job->text);
	char temp[sizeof job->name + 8];
	int dir = open_usage(job->layout), fd;

	if (dir < 0)
		return;
	snprintf(temp, sizeof temp, "%s.new", job->name);
	unlinkat(dir, temp, 0);
	fd = openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
	        job->layout->file_mode);
	if (fd >= 0 && write(fd, job->text, len) == (ssize_t)len)
		renameat(dir, temp, dir, job->name);
	else
		unlinkat(dir, temp, 0);
	if (fd >= 0)
		close(fd);
	close(dir);
}

static void print_row(void *arg, const char *dir, const struct counters *c)
{
	fputs(dir, arg);
	for (size_t i = 0; i < counters_count; i++)
		fprintf(arg, " %s=%llu", counters_table[i].name,
		        (unsigned long long)counters_get(c, i));
	putc('\n', arg);
}

void counters_file_write(struct counters_job *job, const struct agent *a)
{
	size_t len;
	FILE *f;

	free(job->text);
	job->text = NULL;
	f = open_memstream(&job->text, &len);
	if (!f)
		return;
	fputs(HEAD, f);
	counters_each(a, true, print_row, f);
	if (fclose(f) == 0 && job->text && len <= COUNTERS_FILE_MAX)
		job->busy = uv_queue_work(job->loop, &job->work, write_work, after) == 0;
}

void counters_file_others(const struct counters_job *job, counters_cb *cb, void *arg)
{
	int fd = open_usage(job->layout);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	unsigned files = 0;
	struct dirent *e;

	if (!dir && fd >= 0)
		close(fd);
	while (dir && (e = readdir(dir)) && files < COUNTERS_FILES_MAX) {
		size_t len = strlen(e->d_name), suffix = strlen(SUFFIX);
		char *text;

		if (len <= suffix || strcmp(e->d_name + len - suffix, SUFFIX) != 0 ||
		        strcmp(e->d_name, job->name) == 0)
			continue;
		files++;
		text = read_file(dirfd(dir), e->d_name);
		if (text)
			counters_parse(text, cb, arg);
		free(text);
	}
	if (dir)
		closedir(dir);
}
