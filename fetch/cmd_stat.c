#include "cache/access.h"
#include "cache/listing_build.h"
#include "cache/sidecar.h"
#include "cache/read/hash.h"
#include "cache/read/validity.h"
#include "fetch/cmd_report.h"
#include "fetch/cmd_target.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ROW "%-10s "

static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {0}};

static void row(const char *title, const char *text)
{
	if (!*text)
		return;
	printf(ROW, title);
	cmd_print_safe(stdout, text, strlen(text));
	putchar('\n');
}

/* Until when the agent's table trusts the file, in ms of CLOCK_BOOTTIME; 0 if it does not. */
static uint64_t expiry_of(
        const struct layout *l, const struct profile *p, const char *rel, const struct stat *st)
{
	const struct validity_table *t = MAP_FAILED;
	char path[LAYOUT_PATH_MAX];
	uint64_t expiry = 0;
	struct stat table;
	int fd;

	/* What not everybody may read has a table of its own. */
	snprintf(path, sizeof path, "%s/%s%s/%s", l->runtime, *p->allow ? "listings/" : "",
	        *p->allow ? p->dir : "", ACCESS_VALIDITY);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return 0;
	if (fstat(fd, &table) == 0 && (size_t)table.st_size >= sizeof *t)
		t = mmap(NULL, (size_t)table.st_size, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (t == MAP_FAILED)
		return 0;
	if (validity_valid(t, (size_t)table.st_size))
		expiry = validity_lookup(t, hash64(HASH_OBJECT, rel, strlen(rel)), st).expiry;
	munmap((void *)t, (size_t)table.st_size);
	return expiry;
}

static void print_freshness(const struct profile *p, uint64_t expiry)
{
	uint64_t now = boottime_ms();
	char when[CMD_TEXT_MAX];

	if (p->immutable)
		row("fresh", "for ever (immutable)");
	else if (cmd_why_offline(p))
		row("fresh", "as good as it is: no remote is asked");
	else if (expiry <= now)
		row("fresh", "no: the remote is asked at the next open");
	else
		printf(ROW "until %s\n", "fresh",
		        cmd_time(time(NULL) + (int64_t)((expiry - now) / 1000), when));
}

static void read_sidecar(struct layout l, const char *rel, const struct stat *st, struct meta *m)
{
	l.location_fd = open(l.location, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	l.medium = medium_of(l.location_fd).name;
	sidecar_read(&l, rel, st, m);
	if (l.location_fd >= 0)
		close(l.location_fd);
}

/* What is recorded with a cached file. */
static void print_recorded(const struct layout *l, const struct profile *p, const char *rel, int fd,
        const struct stat *st)
{
	uint64_t blocks = (uint64_t)st->st_blocks * 512;
	char when[CMD_TEXT_MAX], text[CMD_TEXT_MAX];
	struct meta meta;

	printf(ROW "%llu (%s)\n", "on disk", (unsigned long long)blocks, cmd_bytes(blocks, text));
	row("last use", cmd_time(st->st_atime, when));
	meta_read(fd, &meta);
	meta_read_checksum(fd, meta.checksum);
	meta_read_version(fd, meta.version);
	read_sidecar(*l, rel, st, &meta);
	row("etag", meta.etag);
	if (meta.version[0])
		row("version", meta.version);
	row("verified", meta.checksum[0] ? meta.checksum : "no: the store gave no checksum");
	if (meta.validated)
		row("validated", cmd_time(meta.validated, when));
	print_freshness(p, expiry_of(l, p, rel, st));
}

static void print_cached(
        const struct layout *l, const struct profile *p, const char *rel, const char *title)
{
	char path[LAYOUT_PATH_MAX];
	struct stat st;
	int fd;

	if (layout_data(l, path, rel) != 0)
		return;
	row(title, path);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		row("cached", "yes");
		print_recorded(l, p, rel, fd, &st);
	} else {
		row("cached", "no");
	}
	if (fd >= 0)
		close(fd);
}

/* With mode = copy, the local tier is where programs open it. */
static void print_tiers(const struct config *c, const struct profile *p, const char *rel)
{
	struct layout l = cmd_layout(c), local = l;

	print_cached(&l, p, rel, "cache file");
	if (!p->copy)
		return;
	local.location = c->local.location;
	print_cached(&local, p, rel, "local file");
}

struct pinned {
	const char *rel;
	char by[KEY_REL_MAX]; /* the line that pins it; "" if none does */
};

static void on_pin(void *arg, const char *section, const struct json_row *r)
{
	struct pinned *pin = arg;
	const char *line = json_row_text(r, "rel");
	size_t len = strlen(line);

	if (strcmp(section, "pins") != 0 || !len)
		return;
	if (strcmp(line, pin->rel) == 0 ||
	        (line[len - 1] == '/' && strncmp(line, pin->rel, len) == 0))
		snprintf(pin->by, sizeof pin->by, "%s", line);
}

/* Says nothing where the agent does not tell. */
static void print_pinned(const struct config *c, const struct client *client, const char *rel)
{
	static struct pinned pin;
	char url[TARGET_URL_MAX], text[TARGET_URL_MAX + 8];

	pin.rel = rel;
	pin.by[0] = 0;
	if (cmd_report_quiet(client, WIRE_REPORT_PINS, on_pin, &pin) != 0)
		return;
	target_rel_url(c, pin.by, url, sizeof url);
	snprintf(text, sizeof text, "yes: %s", url);
	row("pinned", pin.by[0] ? text : "no");
}

static void print(const struct config *c, const struct client *client, const struct target *t,
        const struct wire_reply *r)
{
	bool dir = r->type == WIRE_DIR;
	char text[TARGET_URL_MAX], when[CMD_TEXT_MAX];

	target_url(t->profile, t->rel, text, sizeof text);
	row("url", text);
	target_path(t->profile, t->rel, text, sizeof text);
	row("path", text);
	if (!t->profile->line)
		row("profile", "none: a bucket with every default");
	else
		printf(ROW "%s (%s:%d)\n", "profile", t->profile->name, c->file, t->profile->line);
	row("type", dir ? "folder" : r->executable ? "file, executable" : "file");
	printf(ROW "%llu\n", "size", (unsigned long long)r->size);
	row("modified", cmd_time(r->mtime, when));
	printf(ROW "%llu\n", "inode", (unsigned long long)r->ino);
	row("name", t->rel);
	if (cmd_why_offline(t->profile))
		row("offline", cmd_why_offline(t->profile));
	if (!dir)
		print_tiers(c, t->profile, t->rel);
	print_pinned(c, client, t->rel);
}

int cmd_stat(int argc, char **argv)
{
	static struct target target;
	char err[TARGET_ERROR_MAX], text[WIRE_TEXT_MAX + 1];
	struct wire_reply reply;
	struct client client;
	const struct config *c;
	int opt, status = CMD_OK;

	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1)
		return opt == 'h' ? cmd_help() : cmd_usage();
	if (optind == argc)
		return cmd_usage();
	c = cmd_config_load();
	if (!c)
		return CMD_FAILED;
	cmd_client(&client, c, 0);
	for (int first = optind; optind < argc; optind++) {
		const char *arg = argv[optind], *why = err;
		int ret = target_resolve(c, arg, &target, err);

		if (!ret) {
			ret = cmd_ask(&client, WIRE_STAT, target.rel, &reply, text);
			why = text;
		}
		if (optind > first)
			putchar('\n');
		if (!ret)
			print(c, &client, &target, &reply);
		else
			cmd_error("%s: %s", arg, why);
		status |= ret ? CMD_FAILED : CMD_OK;
	}
	return status;
}
