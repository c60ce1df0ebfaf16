/* A record that is replayed: whatever it says, each object that it names is found, listed once in
 * its folder, and nothing else is. */
#include "fetch/record.h"
#include "fetch/replay.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct config config;

static void check(int ok)
{
	if (!ok)
		abort();
}

static void load_config(void)
{
	static char *env[] = {"HOME=/home/me", "AWS_REGION=here", NULL};
	static const char text[] =
	        "[profile demo]\nremote = s3://b\n[profile sub]\nremote = gs://b/x\n"
	        "[profile web]\nremote = http://h/x\n";

	check(config_parse(&config, "larder.ini", text, sizeof text - 1, env) == 0);
}

static int on_entry(void *arg, const struct store_entry *e)
{
	const struct replay_entry *wanted = arg;
	size_t dir = strlen(wanted->key) - e->name_len;

	check(e->name_len == strcspn(e->name, "/"));
	return !e->is_dir && strlen(wanted->key) >= e->name_len &&
	       strcmp(wanted->key + dir, e->name) == 0;
}

/* That it is in the folder where its key has it. */
static void look(const char *rel)
{
	const struct replay_entry *e = replay_find(rel);
	char *dir, *key, *slash;

	check(e && strcmp(e->rel, rel) == 0 &&
	        replay_same(e, e->info.etag, e->info.size, e->info.mtime));
	check(strlen(e->key) <= KEY_MAX && *e->key);
	dir = strndup(e->path, strcspn(e->path, "/"));
	key = strdup(e->key);
	check(dir && key);
	slash = strrchr(key, '/');
	slash ? (slash[1] = 0) : (*key = 0);
	check(replay_list(dir, key, on_entry, (void *)e) == 1);
	free(dir);
	free(key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char path[32];
	static int fd = -1;
	char err[STORE_ERROR_MAX] = "";
	struct record record = {0};
	int ret;

	if (fd < 0) {
		load_config();
		fd = memfd_create("record", MFD_CLOEXEC);
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	}
	check(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
	config.replay = path;
	ret = replay_open(&config, err);
	check((ret == 0) == !*err && replay_on() == !ret);
	check(record_read(&record, path) == 0);
	for (const struct record_entry *e = record.entries; e && !ret; e = e->hh.next) {
		char key[KEY_MAX + 1], rel[KEY_REL_MAX];
		const struct profile *p;
		struct own_profile own;

		if (record_resolve(&config, e, &own, &p, key) == 0 &&
		        key_to_rel(rel, sizeof rel, p->dir, key) == 0)
			look(rel);
	}
	record_release(&record);
	replay_close();
	return 0;
}
