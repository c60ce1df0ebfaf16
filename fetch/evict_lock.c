#include "fetch/evict_lock.h"
#include "cache/beneath.h"
#include "cache/read/validity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BEAT_MS 1000
#define IDLE    "idle"

/* Lines of one length, so that a shorter one leaves nothing of the last. */
static void write_line(const struct evict_lock *l, const char *what)
{
	char text[EVICT_LOCK_TEXT + 1];

	snprintf(text, sizeof text, "%-*s\n", EVICT_LOCK_TEXT - 1, what);
	if (pwrite(l->fd, text, EVICT_LOCK_TEXT, 0) != EVICT_LOCK_TEXT)
		return; /* others take it over a little later */
}

void evict_lock_beat(struct evict_lock *l, const struct layout *layout)
{
	char text[EVICT_LOCK_TEXT], owner[LAYOUT_OWNER_MAX];
	uint64_t now = boottime_ms();

	if (l->fd < 0 || (l->beats && now - l->beat_at < BEAT_MS))
		return;
	layout_owner(layout, owner);
	snprintf(text, sizeof text, "%s %u", owner, ++l->beats);
	write_line(l, text);
	l->beat_at = now;
}

/* For how long what stands there has stood there. */
static uint64_t silence(struct evict_lock *l, int fd, bool *idle)
{
	char text[EVICT_LOCK_TEXT] = "";
	ssize_t n = pread(fd, text, sizeof text - 1, 0);
	uint64_t now = boottime_ms();

	*idle = n <= 0 || strncmp(text, IDLE, strlen(IDLE)) == 0;
	if (!l->seen_at || strcmp(text, l->seen) != 0) {
		memcpy(l->seen, text, sizeof text);
		l->seen_at = now;
	}
	return now - l->seen_at;
}

int evict_lock_take(struct evict_lock *l, const struct layout *layout)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};
	int fd = beneath_open(layout, "usage/evict.lock", O_RDWR | O_CREAT, layout->file_mode);
	bool got, held, idle;
	uint64_t quiet;

	if (fd < 0)
		return fd;
	got = fcntl(fd, F_OFD_SETLK, &lock) == 0;
	held = !got && (errno == EAGAIN || errno == EACCES);
	quiet = silence(l, fd, &idle);
	/* Who has just got it may not have written a beat yet. */
	if ((held || !idle) && quiet < (got ? EVICT_LOCK_BEATS_MS : EVICT_LOCK_STALE_MS)) {
		close(fd);
		return -EAGAIN;
	}
	l->fd = fd;
	l->beats = 0;
	l->seen_at = 0;
	evict_lock_beat(l, layout);
	return 0;
}

void evict_lock_drop(struct evict_lock *l)
{
	if (l->fd < 0)
		return;
	write_line(l, IDLE);
	close(l->fd);
	l->fd = -1;
}
