/*
 * A hostile manifest: it is refused, or the whole tree can be walked, in order, and every name that
 * a listing gives is found again as what it was. The input before the first 0xff byte is the
 * manifest, the rest is a key to look up.
 */
#include "fetch/manifest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define INPUT_MAX 65536 /* bytes; more says nothing new */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct walk {
	const struct manifest *m;
	char dir[STORE_KEY_MAX + 2];
	char last[STORE_KEY_MAX + 1];
	size_t files;
};

static int enter(void *arg, const struct store_entry *e)
{
	struct walk *w = arg;
	struct object_info info;
	bool is_dir = !e->is_dir;
	size_t dir_len = strlen(w->dir);

	if (!e->name_len || dir_len + e->name_len > STORE_KEY_MAX ||
	        memchr(e->name, '/', e->name_len))
		abort();
	struct walk *child = calloc(1, sizeof(*child));
	child->m = w->m;
	memcpy(child->dir, w->dir, dir_len);
	memcpy(child->dir + dir_len, e->name, e->name_len);
	if (*w->last && strcmp(w->last, child->dir + dir_len) >= 0)
		abort();
	strcpy(w->last, child->dir + dir_len);
	if (manifest_lookup(w->m, child->dir, &info, &is_dir) || is_dir != e->is_dir ||
	        info.size != e->info->size || info.mtime != e->info->mtime ||
	        strcmp(info.etag, e->info->etag) != 0)
		abort();
	if (e->is_dir) {
		child->dir[dir_len + e->name_len] = '/';
		if (manifest_list(w->m, child->dir, enter, child) || !child->files)
			abort();
	}
	w->files += e->is_dir ? child->files : 1;
	free(child);
	return 0;
}

static int ignore(void *arg, const struct store_entry *e)
{
	(void)arg, (void)e;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char err[STORE_ERROR_MAX];
	static struct walk root;
	struct manifest *m;
	struct object_info info;
	bool is_dir;

	if (size > INPUT_MAX)
		return 0;
	const uint8_t *split = size ? memchr(data, 0xff, size) : NULL;
	size_t len = split ? (size_t)(split - data) : size;
	int fd = memfd_create("manifest", MFD_CLOEXEC);
	if (fd < 0 || write(fd, data, len) != (ssize_t)len)
		abort();
	int r = manifest_open(&m, fd, err);
	close(fd);
	if (r) {
		if (r != -EPROTO || strncmp(err, "manifest, line ", 15) != 0)
			abort();
		return 0;
	}
	memset(&root, 0, sizeof(root));
	root.m = m;
	if (manifest_list(m, "", enter, &root) || root.files != manifest_count(m))
		abort();
	if (split) {
		char *key = strndup((const char *)split + 1, size - len - 1);
		(void)manifest_lookup(m, key, &info, &is_dir);
		(void)manifest_list(m, key, ignore, NULL);
		free(key);
	}
	manifest_close(m);
	return 0;
}
