/*
 * Asking the agent for a report, and tables of what it says.
 *
 *	struct columns t = columns_new("NAME|BYTES>|FILES>|REMOTE");    ">": to the right
 *	columns_add(&t, "imagenet"); columns_add(&t, "1.0 GiB"); …      a row has a cell a column
 *	columns_print(&t, stdout);
 */
#ifndef LARDER_FETCH_CMD_REPORT_H
#define LARDER_FETCH_CMD_REPORT_H

#include "fetch/cmd.h"
#include "fetch/json.h"

#define COLUMNS_MAX 16

/* Sends a request (client_request) and receives the answer, with an agent started if none is there.
 * The report's text (of *len bytes, with a NUL behind it), for the caller to free; or NULL after a
 * message that begins with `what`. */
char *cmd_report(const struct client *c, const struct wire_request *q, const char *rel,
        const char *what, struct wire_reply *reply, size_t *len);

/* The same for a report alone: NULL after a message. */
char *cmd_report_text(const struct client *c, enum wire_report report, size_t *len);

/* The same, whose rows are told. CMD_OK, or CMD_FAILED after a message. */
int cmd_report_rows(const struct client *c, enum wire_report report, json_row_cb *cb, void *arg);

/* Without messages. 0 or -errno. */
int cmd_report_quiet(const struct client *c, enum wire_report report, json_row_cb *cb, void *arg);

struct columns {
	unsigned n;
	bool right[COLUMNS_MAX];
	char **cells; /* the heads first */
	size_t used, room;
	bool lost; /* there was no memory for a cell */
};

struct columns columns_new(const char *heads);
void columns_add(struct columns *t, const char *text);
__attribute__((format(printf, 2, 3))) void columns_addf(struct columns *t, const char *format, ...);

/* Prints the rows, then frees them. With control characters as "?" and cut to `width` columns, if
 * that is not 0. */
void columns_print(struct columns *t, FILE *f, unsigned width);

/* "3m", "5h", "12d": a span in at most four characters. */
const char *cmd_span(uint64_t seconds, char out[static CMD_TEXT_MAX]);

/* "1.2M", "999", "12K": bytes, by powers of 1024, in at most five characters. */
const char *cmd_size(uint64_t n, char out[static CMD_TEXT_MAX]);

/* "1.2M", "999", "12k": a number in at most five characters. */
const char *cmd_count(uint64_t n, char out[static CMD_TEXT_MAX]);

#endif
