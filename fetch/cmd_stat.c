#include "cache/access.h"
#include "cache/listing_build.h"
#include "cache/meta.h"
#include "cache/read/hash.h"
#include "cache/read/validity.h"
#include "fetch/cmd.h"
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
	else if (expiry <= now)
		row("fresh", "no: the remote is asked at the next open");
	else
		printf(ROW "until %s\n", "fresh",
		        cmd_time(time(NULL) + (int64_t)((expiry - now) / 1000), when));
}

static void print_cached(const struct config *c, const struct profile *p, const char *rel)
{
	struct layout l = cmd_layout(c);
	char path[LAYOUT_PATH_MAX];
	struct meta meta;
	struct stat st;
	int fd;

	if (layout_data(&l, path, rel) != 0)
		return;
	row("cache file", path);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		row("cached", "no");
	} else {
		row("cached", "yes");
		meta_read(fd, &meta);
		row("etag", meta.etag);
		print_freshness(p, expiry_of(&l, p, rel, &st));
	}
	if (fd >= 0)
		close(fd);
}

static void print(const struct config *c, const struct target *t, const struct wire_reply *r)
{
	bool dir = r->type == WIRE_DIR;
	char text[TARGET_URL_MAX], when[CMD_TEXT_MAX];

	target_url(t->profile, t->rel, text, sizeof text);
	row("url", text);
	target_path(t->profile, t->rel, text, sizeof text);
	row("path", text);
	if (t->profile == &t->own)
		row("profile", "none: a bucket with every default");
	else
		printf(ROW "%s (%s:%d)\n", "profile", t->profile->name, c->file, t->profile->line);
	row("type", dir ? "folder" : r->executable ? "file, executable" : "file");
	printf(ROW "%llu\n", "size", (unsigned long long)r->size);
	row("modified", cmd_time(r->mtime, when));
	printf(ROW "%llu\n", "inode", (unsigned long long)r->ino);
	row("name", t->rel);
	if (!dir)
		print_cached(c, t->profile, t->rel);
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
			print(c, &target, &reply);
		else
			cmd_error("%s: %s", arg, why);
		status |= ret ? CMD_FAILED : CMD_OK;
	}
	return status;
}
