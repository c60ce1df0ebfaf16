#include "fetch/cmd_report.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define GAP       2    /* blanks between columns */
#define CELL_MAX  4096 /* bytes of a formatted cell */
#define REPLY_MAX (1LL << 30)

static char *read_all(int fd, size_t *len)
{
	struct stat st;
	char *text = NULL;
	ssize_t n = 0;

	if (fstat(fd, &st) != 0 || st.st_size > REPLY_MAX)
		return NULL;
	text = malloc((size_t)st.st_size + 1);
	for (*len = 0; text && *len < (size_t)st.st_size; *len += (size_t)n) {
		n = pread(fd, text + *len, (size_t)st.st_size - *len, (off_t)*len);
		if (n <= 0)
			break;
	}
	if (text)
		text[*len] = 0;
	return text;
}

/* Sends and receives; starts an agent if none is there. */
static int exchange(const struct client *c, const struct wire_request *q, const char *rel,
        struct wire_reply *reply, int *fd, char text[static WIRE_TEXT_MAX + 1])
{
	int sock = client_connect(c, false), err;

	if (sock == -ENOENT || sock == -ECONNREFUSED)
		sock = client_start_agent(c);
	if (sock < 0)
		return sock;
	err = client_send_request(sock, q, rel);
	if (!err)
		err = client_receive(sock, reply, fd, text);
	close(sock);
	return err;
}

int cmd_report_quiet(const struct client *c, enum wire_report report, json_row_cb *cb, void *arg)
{
	struct wire_request q = client_request(c, WIRE_REPORT, 0);
	char why[WIRE_TEXT_MAX + 1], *text = NULL;
	struct wire_reply reply;
	int fd = -1, err;
	size_t len;

	q.flags = report;
	err = exchange(c, &q, "", &reply, &fd, why);
	if (!err)
		err = reply.error;
	if (!err)
		text = fd >= 0 ? read_all(fd, &len) : NULL;
	if (fd >= 0)
		close(fd);
	if (!err)
		err = text ? json_read(text, len, cb, arg) : -EPROTO;
	free(text);
	return err;
}

char *cmd_report(const struct client *c, const struct wire_request *q, const char *rel,
        const char *what, struct wire_reply *reply, size_t *len)
{
	char text[WIRE_TEXT_MAX + 1] = "", *report = NULL;
	int fd = -1, err = exchange(c, q, rel, reply, &fd, text);

	if (err) {
		cmd_error("%s: no agent could be asked (%s); 'larder doctor' says why", what,
		        cmd_why_no_agent(cmd_config_try(), err));
		return NULL;
	}
	if (reply->error) {
		cmd_error("%s: %s (%s)", what, *text ? text : "the agent refused",
		        strerror(-reply->error));
	} else if (fd >= 0) {
		report = read_all(fd, len);
		if (!report)
			cmd_error("%s: the agent's report cannot be read (%s)", what,
			        strerror(errno));
	} else {
		*len = 0;
		report = calloc(1, 1);
	}
	if (fd >= 0)
		close(fd);
	return report;
}

char *cmd_report_text(const struct client *c, enum wire_report report, size_t *len)
{
	struct wire_request q = client_request(c, WIRE_REPORT, 0);
	struct wire_reply reply;

	q.flags = report;
	return cmd_report(c, &q, "", "the agent's report", &reply, len);
}

int cmd_report_rows(const struct client *c, enum wire_report report, json_row_cb *cb, void *arg)
{
	size_t len;
	char *text = cmd_report_text(c, report, &len);
	int err;

	if (!text)
		return CMD_FAILED;
	err = json_read(text, len, cb, arg);
	if (err)
		cmd_error("the agent's report is not understood; it may be of another version: "
		          "'larder agent --stop' ends it");
	free(text);
	return err ? CMD_FAILED : CMD_OK;
}

static void add_cell(struct columns *t, const char *text, size_t len)
{
	if (t->used == t->room) {
		size_t room = t->room ? 2 * t->room : 64;
		char **cells = realloc(t->cells, room * sizeof *cells);

		if (!cells) {
			t->lost = true;
			return;
		}
		t->cells = cells;
		t->room = room;
	}
	t->cells[t->used] = strndup(text, len);
	if (t->cells[t->used])
		t->used++;
	else
		t->lost = true;
}

struct columns columns_new(const char *heads)
{
	struct columns t = {0};

	while (t.n < COLUMNS_MAX) {
		size_t len = strcspn(heads, "|");

		t.right[t.n] = len && heads[len - 1] == '>';
		add_cell(&t, heads, len - t.right[t.n]);
		t.n++;
		if (!heads[len])
			break;
		heads += len + 1;
	}
	return t;
}

void columns_add(struct columns *t, const char *text)
{
	add_cell(t, text, strlen(text));
}

void columns_addf(struct columns *t, const char *format, ...)
{
	char text[CELL_MAX];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	columns_add(t, text);
}

/* Characters, so far as a column each can be told: UTF-8 without combination. */
static unsigned text_width(const char *s)
{
	unsigned n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

/* At most `width` characters. */
static void print_cut(FILE *f, const char *s, unsigned width)
{
	const char *end = s;

	for (unsigned n = 0; *end; end++) {
		if (((unsigned char)*end & 0xc0) != 0x80 && n++ == width)
			break;
	}
	cmd_print_safe(f, s, (size_t)(end - s));
}

static void print_row(
        const struct columns *t, char *const *row, const unsigned *widths, FILE *f, unsigned width)
{
	unsigned at = 0;

	for (unsigned i = 0; i < t->n; i++) {
		unsigned len = text_width(row[i]), pad = widths[i] - len;

		if (t->right[i])
			fprintf(f, "%*s", (int)pad, "");
		print_cut(f, row[i], width && at + widths[i] > width ? width - at : len);
		at += widths[i] + GAP;
		if (i + 1 == t->n || (width && at >= width))
			break;
		fprintf(f, "%*s", (int)(t->right[i] ? GAP : GAP + pad), "");
	}
	putc('\n', f);
}

void columns_print(struct columns *t, FILE *f, unsigned width)
{
	unsigned widths[COLUMNS_MAX] = {0};

	for (size_t i = 0; i < t->used; i++) {
		unsigned n = text_width(t->cells[i]);

		if (n > widths[i % t->n])
			widths[i % t->n] = n;
	}
	for (size_t i = 0; i + t->n <= t->used; i += t->n)
		print_row(t, t->cells + i, widths, f, width);
	for (size_t i = 0; i < t->used; i++)
		free(t->cells[i]);
	free(t->cells);
	if (t->lost)
		cmd_error("out of memory: not all rows are shown");
	*t = (struct columns){0};
}

const char *cmd_span(uint64_t seconds, char out[static CMD_TEXT_MAX])
{
	static const struct {
		uint64_t seconds;
		char unit;
	} units[] = {{86400ULL * 365, 'y'}, {86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
	size_t i = 0;

	/* From two of a unit on, but for seconds. */
	while (units[i].seconds > 1 && seconds < 2 * units[i].seconds)
		i++;
	snprintf(out, CMD_TEXT_MAX, "%llu%c", (unsigned long long)(seconds / units[i].seconds),
	        units[i].unit);
	return out;
}

static const char *shorten(
        uint64_t n, unsigned whole, double step, const char *units, char out[static CMD_TEXT_MAX])
{
	double value = (double)n;
	int unit = -1;

	if (n < whole) {
		snprintf(out, CMD_TEXT_MAX, "%llu", (unsigned long long)n);
		return out;
	}
	for (; value >= 999.5 && units[unit + 1]; unit++)
		value /= step;
	snprintf(out, CMD_TEXT_MAX, value < 9.95 ? "%.1f%c" : "%.0f%c", value, units[unit]);
	return out;
}

const char *cmd_size(uint64_t n, char out[static CMD_TEXT_MAX])
{
	return shorten(n, 1000, 1024, "KMGTPE", out);
}

const char *cmd_count(uint64_t n, char out[static CMD_TEXT_MAX])
{
	return shorten(n, 10000, 1000, "kMGTPE", out);
}
