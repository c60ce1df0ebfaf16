#include "fetch/cmd_recording.h"
#include "fetch/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PIECE  (64 << 10)
#define SUFFIX ".opens"
#define SUM    ".sum"

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Programs may change their folder. */
static int make_name(struct recording *r, const char *file)
{
	char cwd[PATH_MAX] = "";
	int n;

	if (*file != '/' && !getcwd(cwd, sizeof cwd))
		return -errno;
	n = snprintf(r->opens, sizeof r->opens, "%s%s%s.%d" SUFFIX, cwd, *cwd ? "/" : "", file,
	        (int)getpid());
	return n < (int)sizeof r->opens ? 0 : -ENAMETOOLONG;
}

int recording_begin(struct recording *r, const char *file, char **command)
{
	struct stat st;
	int err = make_name(r, file);

	/* What would be replaced at the end, hours later, is looked at now. */
	if (!err && stat(file, &st) == 0 && !S_ISREG(st.st_mode)) {
		cmd_error("--record %s: not a regular file, and it would be replaced; name a file",
		        file);
		return -EINVAL;
	}
	if (!err) {
		r->fd = open(r->opens, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		err = r->fd < 0 || setenv("LARDER_RECORD", r->opens, 1) != 0 ? -errno : 0;
	}
	if (err) {
		cmd_error("--record %s: %s", file, strerror(-err));
		return err;
	}
	r->file = file;
	r->step = RECORDING_CUT;
	r->run = (struct record_run){.command = command, .start = now_ms()};
	return 0;
}

/* Writes what was summed up, whole or not at all. */
static int write_record(struct recording *r, const struct record_run *run, const char *name)
{
	char temp[PATH_MAX + 8];
	FILE *f;
	int err;

	snprintf(temp, sizeof temp, "%s.new", r->opens);
	f = fopen(temp, "wxe");
	if (!f)
		return -errno;
	record_write(&r->record, run, f);
	/* Power may be cut after the rename. */
	err = ferror(f) || fflush(f) != 0 || fdatasync(fileno(f)) != 0 ? -errno : 0;
	if (fclose(f) != 0 && !err)
		err = -errno;
	if (!err && rename(temp, name) != 0)
		err = -errno;
	if (err)
		unlink(temp);
	return err;
}

/* Cuts out what was taken, but not the line that has only begun. */
static void cut(struct recording *r)
{
	off_t end = r->taken - (off_t)r->record.len;
	char sum[PATH_MAX + 8];

	if (end - r->cut < r->step)
		return;
	snprintf(sum, sizeof sum, "%s" SUM, r->opens);
	r->cut = end; /* a disk that is full now is not tried for each line */
	if (write_record(r, NULL, sum) == 0)
		fallocate(r->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, end);
}

void recording_take(struct recording *r)
{
	char piece[PIECE];
	ssize_t n;

	if (!r->file)
		return;
	while (!r->error && (n = pread(r->fd, piece, sizeof piece, r->taken)) > 0) {
		r->error = record_feed(&r->record, piece, (size_t)n);
		if (!r->error)
			r->taken += n;
	}
	if (!r->error)
		cut(r);
}

static void remove_opens(struct recording *r)
{
	char sum[PATH_MAX + 8];

	snprintf(sum, sizeof sum, "%s" SUM, r->opens);
	unlink(sum);
	unlink(r->opens);
}

void recording_drop(struct recording *r)
{
	if (!r->file)
		return;
	close(r->fd);
	remove_opens(r);
	record_release(&r->record);
	r->file = NULL;
}

int recording_end(struct recording *r, int status)
{
	int err;

	if (!r->file)
		return 0;
	r->run.end = now_ms();
	r->run.status = status;
	recording_take(r);
	err = r->error ? r->error : record_end(&r->record);
	if (!err)
		err = write_record(r, &r->run, r->file);
	close(r->fd);
	if (err)
		cmd_error("--record %s: %s; what is left of the record is in %s", r->file,
		        strerror(-err), r->opens);
	else
		remove_opens(r);
	if (!err && r->record.damaged)
		cmd_error("--record %s: %llu lines were damaged: it is not complete", r->file,
		        (unsigned long long)r->record.damaged);
	record_release(&r->record);
	return err;
}
