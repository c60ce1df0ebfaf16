#include "fetch/cmd_progress.h"
#include "cache/read/hash.h"
#include "fetch/cmd.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define ERASE_LINE  "\r\033[K"
#define LINE_SIZE   512
#define BAR_MAX     30
#define BAR_MIN     8
#define COLUMNS_MIN 20

void progress_init(struct progress *p, bool wanted)
{
	memset(p, 0, sizeof *p);
	p->wanted = wanted;
}

static bool is_current(const struct progress_fill *f, uint64_t now)
{
	return f->name && now - f->heard < PROGRESS_FORGET_MS;
}

void progress_note(
        struct progress *p, const struct wire_reply *event, const char *url, uint64_t now)
{
	uint64_t name = hash64(HASH_OBJECT, url, strlen(url)) | 1;
	struct progress_fill *slot = NULL;

	for (size_t i = 0; i < PROGRESS_FILLS_MAX; i++) {
		struct progress_fill *f = &p->fills[i];

		if (f->name == name) {
			slot = f;
			break;
		}
		if (!slot && !is_current(f, now))
			slot = f;
	}
	if (!slot)
		return;
	*slot = (struct progress_fill){
	        .name = name,
	        .done = event->ino,
	        .total = event->size,
	        .elapsed_ms = event->mtime > 0 ? (uint64_t)event->mtime : 0,
	        .heard = now,
	};
}

void progress_take(struct progress *p, int *subscription,
        void (*tell)(void *arg, const char *message), void *arg)
{
	char text[WIRE_TEXT_MAX + 1];
	struct wire_reply event;
	int err = 0;

	while (*subscription >= 0 && !err) {
		err = client_receive(*subscription, &event, NULL, text);
		if (!err && event.type == WIRE_TEXT && tell)
			tell(arg, text);
		else if (!err && event.type == WIRE_PROGRESS)
			progress_note(p, &event, text, cmd_now_ms());
	}
	if (err && err != -EAGAIN) {
		close(*subscription);
		*subscription = -1;
	}
}

struct progress_sum progress_sum(const struct progress *p, uint64_t now)
{
	struct progress_sum s = {0};
	bool unknown = false;

	for (size_t i = 0; i < PROGRESS_FILLS_MAX; i++) {
		const struct progress_fill *f = &p->fills[i];

		if (!is_current(f, now))
			continue;
		s.fills++;
		s.done += f->done;
		s.total += f->total;
		unknown |= f->total < f->done || !f->total;
		if (f->elapsed_ms > s.longest_ms)
			s.longest_ms = f->elapsed_ms;
	}
	if (unknown)
		s.total = 0;
	return s;
}

/* "larder: [####------]  41% of 1.2 GiB, 96.0 MiB/s, 3 objects" */
void progress_line(const struct progress_sum *s, unsigned columns, char *out, size_t size)
{
	char bar[BAR_MAX + 4] = "", many[CMD_TEXT_MAX] = "", amount[2 * CMD_TEXT_MAX],
	                   a[CMD_TEXT_MAX], b[CMD_TEXT_MAX];
	uint64_t speed =
	        s->longest_ms ? (uint64_t)((double)s->done * 1000 / (double)s->longest_ms) : 0;
	double part = s->total ? (double)s->done / (double)s->total : 0;
	unsigned used, room;
	int n;

	if (s->fills > 1)
		snprintf(many, sizeof many, ", %u objects", s->fills);
	if (s->total)
		snprintf(amount, sizeof amount, "%3d%% of %s", (int)(part * 100),
		        cmd_bytes(s->total, a));
	else
		snprintf(amount, sizeof amount, "%s", cmd_bytes(s->done, a));
	used = (unsigned)(strlen("larder: [] , /s") + strlen(amount) + strlen(cmd_bytes(speed, b)) +
	                  strlen(many));
	room = used < columns ? columns - used - 1 : 0;
	if (s->total && room >= BAR_MIN) {
		unsigned width = room < BAR_MAX ? room : BAR_MAX, full = (unsigned)(part * width);

		bar[0] = '[';
		memset(bar + 1, '#', full);
		memset(bar + 1 + full, '-', width - full);
		memcpy(bar + 1 + width, "] ", 3);
	}
	n = snprintf(out, size, "larder: %s%s, %s/s%s", bar, amount, b, many);
	if (n > 0 && (unsigned)n >= columns && columns < size)
		out[columns - 1] = 0;
}

bool progress_terminal(void)
{
	return isatty(STDERR_FILENO);
}

unsigned progress_columns(void)
{
	struct winsize w;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &w) != 0 || w.ws_col == 0)
		return 80;
	return w.ws_col < COLUMNS_MIN ? COLUMNS_MIN : w.ws_col;
}

void progress_erase(struct progress *p)
{
	if (!p->drawn)
		return;
	p->drawn = false;
	fputs(ERASE_LINE, stderr);
	fflush(stderr);
}

void progress_draw(struct progress *p, uint64_t now)
{
	struct progress_sum s = progress_sum(p, now);
	char line[LINE_SIZE];

	/* In the background the line would be written over another program's. */
	if (!p->wanted || !s.fills || s.longest_ms < PROGRESS_AFTER_MS ||
	        tcgetpgrp(STDERR_FILENO) != getpgrp()) {
		progress_erase(p);
		return;
	}
	if (p->drawn && now - p->drawn_at < PROGRESS_DRAW_MS)
		return;
	p->drawn_at = now;
	progress_line(&s, progress_columns(), line, sizeof line);
	fprintf(stderr, ERASE_LINE "%s", line);
	fflush(stderr);
	p->drawn = true;
}
