#include "fetch/pins.h"
#include "cache/read/sys.h"
#include "fetch/json.h"
#include "fetch/report_df.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_PAUSE_MS 20

struct pins_job {
	struct agent *agent;
	struct waiter *waiter; /* NULL: has gone */
	uv_work_t work;
	FILE *f; /* of a report */
	bool pin, changed;
	int error;
	char line[]; /* of a change: as it stands in the file */
};

/* "a\nb" as it stands in the file. `out` has room for twice the text. */
static void escape(const char *rel, char *out)
{
	for (; *rel; rel++) {
		if (*rel == '\n' || *rel == '\\')
			*out++ = '\\';
		*out++ = *rel == '\n' ? 'n' : *rel;
	}
	*out = 0;
}

static void unescape(char *line)
{
	char *out = line;

	for (const char *p = line; *p; p++) {
		if (*p == '\\' && p[1])
			*out++ = *++p == 'n' ? '\n' : *p;
		else
			*out++ = *p;
	}
	*out = 0;
}

/* The whole file, "" if there is none; NULL with -errno in *error. */
static char *read_pins(int usage, int *error)
{
	int fd = openat(usage, "pins", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st = {0};
	char *text;
	ssize_t n = 0;

	*error = fd < 0 && errno != ENOENT ? -errno : 0;
	if (fd >= 0 && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)))
		*error = -EINVAL;
	if (st.st_size > PINS_FILE_MAX)
		*error = -EFBIG;
	text = *error ? NULL : malloc((size_t)st.st_size + 1);
	if (text && fd >= 0)
		n = pread(fd, text, (size_t)st.st_size, 0);
	if (n < 0)
		*error = -errno;
	if (fd >= 0)
		close(fd);
	if (!text || n < 0) {
		free(text);
		*error = *error ? *error : -ENOMEM;
		return NULL;
	}
	text[n] = 0;
	return text;
}

/* Writes what is left with the line added or left out. Whether that is a change. */
static bool write_changed(FILE *f, char *text, const char *line, bool pin)
{
	bool found = false;
	char *next;

	while ((next = strsep(&text, "\n"))) {
		bool same = strcmp(next, line) == 0;

		found |= same;
		if (*next && (!same || pin))
			fprintf(f, "%s\n", next);
	}
	if (pin && !found)
		fprintf(f, "%s\n", line);
	return pin != found;
}

static int replace(int usage, struct pins_job *job)
{
	char *text = read_pins(usage, &job->error);
	int fd, err = job->error;
	FILE *f;

	if (!text)
		return err;
	unlinkat(usage, "pins.new", 0);
	fd = openat(usage, "pins.new", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
	        job->agent->layout.file_mode);
	f = fd >= 0 ? fdopen(fd, "w") : NULL;
	err = f ? 0 : -errno;
	if (f) {
		job->changed = write_changed(f, text, job->line, job->pin);
		if (fflush(f) != 0 || fsync(fd) != 0)
			err = -errno;
		if (fclose(f) != 0 && !err)
			err = -errno;
	}
	free(text);
	if (!err && renameat(usage, "pins.new", usage, "pins") != 0)
		err = -errno;
	return err;
}

/* Where locks cannot be had, two changes at once may lose one. */
static int lock_pins(int usage, mode_t mode)
{
	int fd = openat(
	        usage, "pins.lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, mode);

	for (unsigned ms = 0; fd >= 0 && ms < PINS_LOCK_MS; ms += LOCK_PAUSE_MS) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
			return fd;
		sys_sleep_ms(LOCK_PAUSE_MS);
	}
	if (fd >= 0)
		close(fd);
	return fd < 0 ? -errno : -EBUSY;
}

static int open_usage(const struct agent *a)
{
	int fd = openat(
	        a->layout.location_fd, "usage", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	return fd >= 0 ? fd : -errno;
}

static void change_work(uv_work_t *work)
{
	struct pins_job *job = work->data;
	int usage = open_usage(job->agent), lock = usage;

	if (usage >= 0)
		lock = lock_pins(usage, job->agent->layout.file_mode);

	job->error = lock < 0 ? lock : replace(usage, job);
	if (lock >= 0)
		close(lock);
	if (usage >= 0)
		close(usage);
}

static void after_change(uv_work_t *work, int status)
{
	struct pins_job *job = work->data;
	struct answer ans = {.fd = -1, .type = WIRE_TEXT, .size = job->changed, .message = ""};

	(void)status;
	if (job->error) {
		ans.error = job->error;
		ans.message = "usage/pins in the cache could not be changed";
	}
	if (job->waiter) {
		job->waiter->leave = NULL;
		job->waiter->answer(job->waiter, &ans);
	}
	free(job);
}

static void report_work(uv_work_t *work)
{
	struct pins_job *job = work->data;
	int usage = open_usage(job->agent);
	char *text = usage >= 0 ? read_pins(usage, &job->error) : NULL, *rest = text, *line;
	struct json j;

	job->f = report_open();
	if (job->f) {
		j = json_begin(job->f);
		json_array(&j, "pins");
		while (rest && (line = strsep(&rest, "\n"))) {
			if (!*line)
				continue;
			unescape(line);
			json_object(&j, NULL);
			json_text(&j, "rel", line);
			json_object_end(&j);
		}
		json_array_end(&j);
		json_finish(&j);
	}
	free(text);
	if (usage >= 0)
		close(usage);
}

static void after_report(uv_work_t *work, int status)
{
	struct pins_job *job = work->data;

	(void)status;
	if (job->waiter) {
		job->waiter->leave = NULL;
		report_answer(job->waiter, job->f);
	} else if (job->f) {
		fclose(job->f);
	}
	free(job);
}

static void on_gone(struct waiter *w)
{
	struct pins_job *job = w->job;

	job->waiter = NULL;
}

static void start(struct agent *a, struct waiter *w, const char *rel, bool pin, uv_work_cb work,
        uv_after_work_cb after)
{
	struct pins_job *job = calloc(1, sizeof *job + 2 * strlen(rel) + 1);
	struct answer ans = {.error = -ENOMEM, .fd = -1, .message = "out of memory"};

	if (job) {
		job->agent = a;
		job->waiter = w;
		job->pin = pin;
		escape(rel, job->line);
		job->work.data = job;
		w->job = job;
		w->leave = on_gone;
	}
	if (!job || uv_queue_work(a->loop, &job->work, work, after) != 0) {
		w->leave = NULL;
		free(job);
		w->answer(w, &ans);
	}
}

void pins_change(struct agent *a, const char *rel, bool pin, struct waiter *w)
{
	start(a, w, rel, pin, change_work, after_change);
}

void pins_report(struct agent *a, struct waiter *w)
{
	start(a, w, "", false, report_work, after_report);
}
