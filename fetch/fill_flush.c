/* Sending on to the server what a fill has written; fill_parts.h says why. */
#include "fetch/disk.h"
#include "fetch/fill_parts.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* Lives on alone if its fill ends while a worker has it. */
struct flush {
	struct agent *agent;
	uv_work_t work;
	int fd;
	bool working, alone;
};

static void flush_work(uv_work_t *work)
{
	struct flush *s = work->data;

	sync_file_range(s->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
}

static void release(struct flush *s)
{
	disk_close(s->agent, s->fd);
	free(s);
}

static void after_flush(uv_work_t *work, int status)
{
	struct flush *s = work->data;

	(void)status;
	s->working = false;
	if (s->alone)
		release(s);
}

static struct flush *flush_new(const struct fill *f)
{
	struct flush *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	s->agent = f->agent;
	s->fd = disk_open_temp(
	        s->agent, &f->temp); /* what is open for writing cannot be executed */
	s->work.data = s;
	if (s->fd >= 0)
		return s;
	free(s);
	return NULL;
}

void fill_flush(struct fill *f)
{
	uint64_t now = uv_now(f->agent->loop);

	if (!f->agent->layout.network || !f->temp.kept || now - f->flushed_at < FILL_FLUSH_MS)
		return;
	f->flushed_at = now;
	if (!f->flush)
		f->flush = flush_new(f);
	if (f->flush && !f->flush->working)
		f->flush->working = uv_queue_work(f->agent->loop, &f->flush->work, flush_work,
		                            after_flush) == 0;
}

void fill_flush_end(struct fill *f)
{
	struct flush *s = f->flush;

	f->flush = NULL;
	if (s && s->working)
		s->alone = true;
	else if (s)
		release(s);
}
