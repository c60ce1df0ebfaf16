/* larder top: who waits for what now. */
#include "fetch/cmd_progress.h"
#include "fetch/cmd_report.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define REFRESH_S     1
#define HOME_CLEAR    "\033[H\033[2J"
#define COMMAND_MAX   20 /* characters of a command line */
#define CMDLINE_BYTES 256
#define HEAD_LINES    3

struct sample {
	uint64_t now_ms, received, opens, hits, fills;
};

struct top {
	struct columns table;
	unsigned rows, rows_max; /* those that find room; 0: all */
	uint64_t clients, objects, pid, uptime;
	double fill_rate; /* of the downloads that are waited for, each since it began */
	struct sample now, before;
};

/* The command line of a process, with blanks; "-" if it cannot be read. */
static void command_of(uint64_t pid, char out[static CMDLINE_BYTES])
{
	char path[64];
	ssize_t n = 0;
	int fd;

	snprintf(path, sizeof path, "/proc/%llu/cmdline", (unsigned long long)pid);
	fd = pid ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd >= 0) {
		n = read(fd, out, CMDLINE_BYTES - 1);
		close(fd);
	}
	if (n <= 0) {
		memcpy(out, "-", 2);
		return;
	}
	out[n] = 0;
	for (ssize_t i = 0; i + 1 < n; i++) {
		if (!out[i])
			out[i] = ' ';
	}
	/* The folder of the program says little. */
	for (char *slash; (slash = memchr(out, '/', strcspn(out, " ")));)
		memmove(out, slash + 1, strlen(slash + 1) + 1);
}

static void add_user(struct columns *t, uint64_t uid)
{
	const struct passwd *pw = getpwuid((uid_t)uid);

	if (pw)
		columns_add(t, pw->pw_name);
	else
		columns_addf(t, "%llu", (unsigned long long)uid);
}

static void on_waiting(struct top *top, const struct json_row *r)
{
	uint64_t done = json_row_number(r, "done"), total = json_row_number(r, "total");
	uint64_t ms = json_row_number(r, "fill_ms");
	struct columns *t = &top->table;
	char command[CMDLINE_BYTES], text[CMD_TEXT_MAX];
	double rate = ms ? (double)done * 1000 / (double)ms : 0;

	top->fill_rate += rate;
	if (top->rows_max && top->rows++ >= top->rows_max)
		return;
	command_of(json_row_number(r, "pid"), command);
	columns_addf(t, "%llu", (unsigned long long)json_row_number(r, "pid"));
	add_user(t, json_row_number(r, "uid"));
	columns_addf(t, "%.*s", COMMAND_MAX, command);
	columns_add(t, strcmp(json_row_text(r, "op"), "open") == 0 ? json_row_text(r, "state")
	                                                           : json_row_text(r, "op"));
	columns_add(t, done ? cmd_bytes(done, text) : "-");
	columns_add(t, total ? cmd_bytes(total, text) : "-");
	columns_addf(t, "%s/s", cmd_bytes((uint64_t)rate, text));
	columns_add(t, cmd_span(json_row_number(r, "age_ms") / 1000, text));
	columns_add(t, json_row_text(r, "url"));
}

static void on_row(void *arg, const char *section, const struct json_row *r)
{
	struct top *top = arg;

	if (strcmp(section, "waiting") == 0)
		on_waiting(top, r);
	if (*section)
		return;
	top->clients = json_row_number(r, "clients");
	top->objects = json_row_number(r, "objects");
	top->pid = json_row_number(r, "pid");
	top->uptime = json_row_number(r, "uptime_s");
	top->now = (struct sample){
	        .now_ms = json_row_number(r, "now_ms"),
	        .received = json_row_number(r, "received_bytes"),
	        .opens = json_row_number(r, "opens"),
	        .hits = json_row_number(r, "hits"),
	        .fills = json_row_number(r, "fills"),
	};
}

/* Of two looks; with one alone, what the downloads under way have had since they began. */
static void print_head(const struct top *top)
{
	const struct sample *n = &top->now, *b = &top->before;
	double seconds = (double)(n->now_ms - b->now_ms) / 1000;
	bool two = b->now_ms && n->now_ms > b->now_ms && n->received >= b->received;
	char text[CMD_TEXT_MAX], up[CMD_TEXT_MAX];

	printf("agent %llu, up %s: %u waiting, %llu objects under way, %s/s",
	        (unsigned long long)top->pid, cmd_span(top->uptime, up), top->rows,
	        (unsigned long long)top->objects,
	        cmd_bytes((uint64_t)(two ? (double)(n->received - b->received) / seconds
	                                 : top->fill_rate),
	                text));
	if (two)
		printf(", %.0f opens/s, %.0f hits/s, %.1f downloads/s",
		        (double)(n->opens - b->opens) / seconds,
		        (double)(n->hits - b->hits) / seconds,
		        (double)(n->fills - b->fills) / seconds);
	printf("\n\n");
}

/* One look. `lines` is what the terminal has; 0 for any other output. */
static int show(const struct config *c, struct client *client, struct top *top, unsigned lines)
{
	int sock = client_connect(client, false), status;

	if (lines)
		fputs(HOME_CLEAR, stdout);
	if (sock < 0) {
		printf("no agent is running for %s\n", c->runtime_dir);
		return CMD_OK;
	}
	close(sock);
	top->rows = 0;
	top->fill_rate = 0;
	top->rows_max = lines > HEAD_LINES + 1 ? lines - HEAD_LINES - 1 : lines ? 1 : UINT32_MAX;
	top->before = top->now;
	top->table = columns_new("PID>|USER|COMMAND|STATE|DONE>|TOTAL>|RATE>|AGE>|URL");
	status = cmd_report_rows(client, WIRE_REPORT_TOP, on_row, top);
	if (status == CMD_OK)
		print_head(top);
	columns_print(&top->table, stdout, lines ? progress_columns() : 0);
	return status;
}

static unsigned terminal_lines(void)
{
	struct winsize w;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_row ? w.ws_row : 24;
}

int cmd_top(int argc, char **argv)
{
	static struct top top;
	bool once = !isatty(STDOUT_FILENO);
	const struct config *c;
	struct client client;
	int status = cmd_flag(argc, argv, "once", &once);

	if (status != CMD_GO_ON)
		return status;
	c = cmd_config_load();
	if (!c)
		return CMD_FAILED;
	cmd_client(&client, c, 0);
	client.agent = NULL; /* one that is not there has nobody waiting */
	if (once)
		return show(c, &client, &top, 0);
	for (;;) {
		if (show(c, &client, &top, terminal_lines()) != CMD_OK)
			return CMD_FAILED;
		fflush(stdout);
		if (ferror(stdout))
			return CMD_OK;
		sleep(REFRESH_S);
	}
}
