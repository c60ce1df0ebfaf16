#include "fetch/cmd_warm_screen.h"

#include <poll.h>

#define DRAW_MS      200
#define SPEED_PART   0.1 /* weight of the last DRAW_MS in the speed that is shown */
#define ERASE_LINE   "\r\033[K"
#define LINE_SIZE    512
#define SECONDS_HOUR 3600

void screen_failure(void *arg, const char *url, const char *text)
{
	struct screen *s = arg;

	pthread_mutex_lock(&s->lock);
	if (s->drawn)
		fputs(ERASE_LINE, stderr);
	s->drawn = false;
	cmd_error("%s: %s", url, text);
	pthread_mutex_unlock(&s->lock);
}

static void format_left(
        const struct warm_counts *c, uint64_t bytes, double speed, char out[static CMD_TEXT_MAX])
{
	double left = c->bytes > bytes ? (double)(c->bytes - bytes) / speed : 0;
	unsigned long seconds = (unsigned long)left;

	out[0] = 0;
	/* Without a speed, or before everything is listed, it would be a wild guess. */
	if (!c->walked || speed < 1 || left > 1000.0 * SECONDS_HOUR)
		return;
	if (seconds >= SECONDS_HOUR)
		snprintf(out, CMD_TEXT_MAX, ", %lu:%02lu:%02lu left", seconds / SECONDS_HOUR,
		        seconds / 60 % 60, seconds % 60);
	else
		snprintf(out, CMD_TEXT_MAX, ", %lu:%02lu left", seconds / 60, seconds % 60);
}

static void update_speed(struct screen *s, uint64_t bytes, uint64_t now)
{
	double current;

	if (now <= s->last_ms)
		return;
	current = bytes > s->last_bytes
	                  ? (double)(bytes - s->last_bytes) * 1000 / (double)(now - s->last_ms)
	                  : 0;
	s->speed = s->last_bytes ? s->speed + (current - s->speed) * SPEED_PART : current;
	s->last_ms = now;
	s->last_bytes = bytes;
}

/* "1234/5678 objects, 1.2 GiB of 5.6 GiB, 96.0 MiB/s, 0:45 left" */
static void draw(struct screen *s)
{
	char done[CMD_TEXT_MAX], all[CMD_TEXT_MAX], speed[CMD_TEXT_MAX], left[CMD_TEXT_MAX],
	        line[LINE_SIZE];
	uint64_t now = cmd_now_ms(), bytes;
	struct warm_counts c;
	unsigned columns = progress_columns();
	int n;

	warm_counts(s->warm, &c);
	bytes = c.done_bytes + progress_sum(&s->fills, now).done;
	if (bytes > c.bytes)
		bytes = c.bytes;
	update_speed(s, bytes, now);
	format_left(&c, bytes, s->speed, left);
	n = snprintf(line, sizeof line, "%llu/%llu%s objects, %s of %s%s, %s/s%s",
	        (unsigned long long)c.done, (unsigned long long)c.objects, c.walked ? "" : "+",
	        cmd_bytes(bytes, done), cmd_bytes(c.bytes, all), c.walked ? "" : "+",
	        cmd_bytes((uint64_t)s->speed, speed), left);
	if (n >= (int)columns && columns < sizeof line)
		line[columns - 1] = 0;
	pthread_mutex_lock(&s->lock);
	fprintf(stderr, ERASE_LINE "%s", line);
	fflush(stderr);
	s->drawn = true;
	pthread_mutex_unlock(&s->lock);
}

void screen_watch(struct screen *s)
{
	struct pollfd fds[2] = {{.fd = warm_fd(s->warm), .events = POLLIN}, {.events = POLLIN}};
	uint64_t drawn_at = cmd_now_ms();

	while (!(fds[0].revents & POLLIN)) {
		fds[1].fd = s->events;
		poll(fds, 2, s->bar ? DRAW_MS : -1);
		progress_take(&s->fills, &s->events, NULL, NULL);
		if (s->bar && cmd_now_ms() - drawn_at >= DRAW_MS) {
			drawn_at = cmd_now_ms();
			draw(s);
		}
	}
	pthread_mutex_lock(&s->lock);
	if (s->drawn)
		fputs(ERASE_LINE, stderr);
	pthread_mutex_unlock(&s->lock);
}
