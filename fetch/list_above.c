#include "fetch/list_above.h"
#include "cache/listing_build.h"
#include "cache/read/above.h"
#include "cache/read/identity.h"
#include "fetch/object.h"

#include <errno.h>
#include <string.h>

static int write_above(struct agent *a, const char *rel, const char *path)
{
	struct layout l = a->layout;
	struct listing_build *b = listing_build_new(&l, &above_profile, rel);
	struct above_child child;
	int err = b ? 0 : -ENOMEM;

	l.writable = false; /* other hosts have other prefixes */
	for (int i = 0; !err && i < a->config->n_profiles; i++) {
		struct listing_info info = {.type = LISTING_DIR,
		        .size = IDENTITY_DIR_SIZE,
		        .mtime = IDENTITY_DIR_MTIME};

		if (!above_child(a->config, path, strlen(path), i, &child))
			continue;
		info.ino = child.ino;
		err = listing_build_add(b, child.name, child.len, &info, "");
	}
	if (!err)
		err = listing_build_write(b, UINT64_MAX);
	listing_build_free(b);
	return err ? err : layout_make_carrier(&a->layout, &above_profile, rel);
}

void list_above(struct agent *a, const char *rel, const char *path, struct waiter *w)
{
	struct answer ans = {.fd = -1, .message = ""};
	int err = above_is(a->config, path, strlen(path)) ? write_above(a, rel, path) : -ENOENT;

	if (err)
		ans.error = err;
	else
		object_describe_dir(rel, &ans);
	w->answer(w, &ans);
}
