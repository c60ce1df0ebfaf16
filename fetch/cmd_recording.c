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
	if (!err && stat(file, &st) == 0 && !S_ISREG(st.st_mode))
		err = -EINVAL;
	if (!err) {
		r->fd = open(r->opens, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		err = r->fd < 0 || setenv("LARDER_RECORD", r->opens, 1) != 0 ? -errno : 0;
	}
	if (err) {
		cmd_error("--record %s: %s", file, strerror(-err));
		return err;
	}
	r->file = file;
	r->run = (struct record_run){.command = command, .start = now_ms()};
	return 0;
}

void recording_take(struct recording *r)
{
	char piece[PIECE];
	off_t before = r->taken;
	ssize_t n;

	if (!r->file)
		return;
	while ((n = pread(r->fd, piece, sizeof piece, r->taken)) > 0) {
		if (record_feed(&r->record, piece, (size_t)n) != 0)
			return; /* the rest stays where it is */
		r->taken += n;
	}
	/* Not the line that has only begun: it would be lost with us. */
	if (r->taken - (off_t)r->record.len > before)
		fallocate(r->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
		        r->taken - (off_t)r->record.len);
}

static int write_file(struct recording *r)
{
	char temp[PATH_MAX + 8];
	FILE *f;
	int err;

	snprintf(temp, sizeof temp, "%s.new", r->opens);
	f = fopen(temp, "wxe");
	if (!f)
		return -errno;
	record_write(&r->record, &r->run, f);
	err = ferror(f) || fflush(f) != 0 ? -errno : 0;
	if (fclose(f) != 0 && !err)
		err = -errno;
	if (!err && rename(temp, r->file) != 0)
		err = -errno;
	if (err)
		unlink(temp);
	return err;
}

int recording_end(struct recording *r, int status)
{
	off_t size;
	int err;

	if (!r->file)
		return 0;
	r->run.end = now_ms();
	r->run.status = status;
	recording_take(r);
	size = lseek(r->fd, 0, SEEK_END);
	err = r->taken == size ? record_end(&r->record) : -ENOMEM;
	if (!err)
		err = write_file(r);
	close(r->fd);
	if (err)
		cmd_error("--record %s: %s; what is left of the record is in %s", r->file,
		        strerror(-err), r->opens);
	else
		unlink(r->opens);
	if (!err && r->record.damaged)
		cmd_error("--record %s: %llu lines were damaged: it is not complete", r->file,
		        (unsigned long long)r->record.damaged);
	record_release(&r->record);
	return err;
}
