/* larder df: what the cache holds, for whom, and what it was good for. */
#include "cache/read/url.h"
#include "fetch/cmd_category.h"
#include "fetch/cmd_report.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NAME_SHOWN 28 /* characters of a profile's name, so that a row fits into a terminal */

struct df {
	struct columns table;
	uint64_t hits, misses, saved; /* of all rows */
	uint64_t oldest;
	uint64_t ahead, wasted; /* bytes fetched ahead, and of them those that nobody opened */
	struct {
		uint64_t bytes, files, size, files_limit, trash, free, capacity, local, local_size;
		bool writable;
	} totals;
};

/* "12d": since when nobody used the one that was longest unused. */
static void add_age(struct columns *t, uint64_t used)
{
	uint64_t now = (uint64_t)time(NULL);
	char text[CMD_TEXT_MAX];

	columns_add(t, !used ? "-" : cmd_span(now > used ? now - used : 0, text));
}

static void add_row(struct columns *t, const char *name, uint64_t bytes, uint64_t files,
        uint64_t hits, uint64_t misses, uint64_t saved, uint64_t oldest, uint64_t quota)
{
	char text[CMD_TEXT_MAX];

	columns_addf(t, "%.*s", isatty(STDOUT_FILENO) ? NAME_SHOWN : INT_MAX, name);
	columns_add(t, cmd_size(bytes, text));
	columns_add(t, cmd_count(files, text));
	columns_add(t, cmd_count(hits, text));
	columns_add(t, cmd_count(misses, text));
	columns_add(t, cmd_size(saved, text));
	add_age(t, oldest);
	columns_add(t, quota ? cmd_size(quota, text) : "-");
}

static void on_profile(struct df *d, const struct json_row *r)
{
	uint64_t bytes = json_row_number(r, "bytes"), files = json_row_number(r, "files");
	uint64_t hits = json_row_number(r, "hits"), misses = json_row_number(r, "misses");
	uint64_t saved = json_row_number(r, "saved_bytes"), oldest = json_row_number(r, "oldest");
	bool configured = json_row_number(r, "configured");
	char name[CONFIG_NAME_MAX + 64];

	/* A profile that is no more, or has another remote now. */
	snprintf(name, sizeof name, "%s%s", json_row_text(r, "name"), configured ? "" : " (old)");
	if (!configured && url_name_is_own(name))
		name[strlen(name) - strlen(" (old)")] = 0;
	if (!configured && !files && !hits && !misses)
		return;
	add_row(&d->table, name, bytes, files, hits, misses, saved, oldest,
	        json_row_number(r, "quota"));
	d->hits += hits;
	d->misses += misses;
	d->saved += saved;
	d->ahead += json_row_number(r, "prefetched_bytes");
	d->wasted += json_row_number(r, "wasted_bytes");
	if (oldest && (!d->oldest || oldest < d->oldest))
		d->oldest = oldest;
}

static void on_row(void *arg, const char *section, const struct json_row *r)
{
	struct df *d = arg;

	if (strcmp(section, "profiles") == 0)
		on_profile(d, r);
	if (strcmp(section, "totals") != 0)
		return;
	d->totals.bytes = json_row_number(r, "bytes");
	d->totals.files = json_row_number(r, "files");
	d->totals.size = json_row_number(r, "size");
	d->totals.files_limit = json_row_number(r, "files_limit");
	d->totals.trash = json_row_number(r, "trash_bytes");
	d->totals.free = json_row_number(r, "free");
	d->totals.capacity = json_row_number(r, "capacity");
	d->totals.local = json_row_number(r, "local_bytes");
	d->totals.local_size = json_row_number(r, "local_size");
	d->totals.writable = json_row_number(r, "writable");
}

static void print_totals(const struct config *c, const struct df *d)
{
	uint64_t bytes = d->totals.bytes, size = d->totals.size;
	char a[CMD_TEXT_MAX], b[CMD_TEXT_MAX];

	printf("\n%s: %s of %s (%.0f%%), %llu", c->cache.location, cmd_bytes(bytes, a),
	        cmd_bytes(size, b), size ? 100.0 * (double)bytes / (double)size : 0,
	        (unsigned long long)d->totals.files);
	if (d->totals.files_limit)
		printf(" of %llu", (unsigned long long)d->totals.files_limit);
	printf(" files");
	if (d->totals.trash)
		printf("; %s more in the trash", cmd_bytes(d->totals.trash, a));
	printf("\n%s free of %s on its file system%s\n", cmd_bytes(d->totals.free, a),
	        cmd_bytes(d->totals.capacity, b),
	        d->totals.writable ? "" : "; the cache cannot be written");
	if (d->ahead)
		printf("%s were fetched ahead, of which %s were wasted\n", cmd_bytes(d->ahead, a),
		        cmd_bytes(d->wasted, b));
	if (d->totals.local_size)
		printf("%s: %s of %s\n", c->local.location, cmd_bytes(d->totals.local, a),
		        cmd_bytes(d->totals.local_size, b));
}

/* What the agent says, with the categories at its end. */
static int print_json(const struct config *c, const struct client *client)
{
	struct json j = {.f = stdout, .more = true};
	size_t len;
	char *text = cmd_report_text(client, WIRE_REPORT_DF, &len);
	int status;

	if (!text)
		return CMD_FAILED;
	while (len && text[len - 1] != '}')
		len--;
	fwrite(text, 1, len ? len - 1 : 0, stdout);
	free(text);
	status = category_report(c, &j);
	json_finish(&j);
	return status;
}

static int print_table(const struct config *c, const struct client *client)
{
	static struct df d;

	d.table = columns_new("PROFILE|SIZE>|FILES>|HITS>|MISSES>|SAVED>|OLDEST>|QUOTA>");
	if (cmd_report_rows(client, WIRE_REPORT_DF, on_row, &d) != CMD_OK)
		return CMD_FAILED;
	add_row(&d.table, "total", d.totals.bytes, d.totals.files, d.hits, d.misses, d.saved,
	        d.oldest, 0);
	columns_print(&d.table, stdout, 0);
	print_totals(c, &d);
	return CMD_OK;
}

int cmd_df(int argc, char **argv)
{
	const struct config *c;
	struct client client;
	bool json = false;
	int status = cmd_flag(argc, argv, "json", &json);

	if (status != CMD_GO_ON)
		return status;
	c = cmd_config_load();
	if (!c)
		return CMD_FAILED;
	cmd_client(&client, c, 0);
	return json ? print_json(c, &client) : print_table(c, &client) | category_show(c);
}
