/* The walk through the cache's folders. What is in an object is verify_object.c's. */
#include "fetch/verify.h"
#include "cache/listing_build.h"
#include "cache/read/hash.h"
#include "cache/read/identity.h"
#include "cache/read/url.h"
#include "cache/life.h"
#include "fetch/verify_object.h"

#include <dirent.h>
#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <string.h>

#define LISTING_NAME "/%=list"

const struct verify_kind_row verify_kinds[VERIFY_KINDS_N] = {
#define X(id, kind_name, is_damage, what)                                                          \
	[VERIFY_##id] = {.name = kind_name, .text = what, .damage = is_damage},
        VERIFY_KINDS(X)
#undef X
};

static void tell(struct verify *v, const struct verify_finding *f)
{
	v->counts.found[f->kind]++;
	v->found(v->arg, f);
}

/* Whether `rel` is what was asked about, or below it. */
static bool is_wanted(const struct verify *v, const char *rel)
{
	size_t n = strlen(v->rel);

	return !n || (strncmp(rel, v->rel, n) == 0 && (rel[n] == '/' || rel[n] == 0));
}

/* The folder of `location` in which the walk begins: all of it, or what was asked about. */
static FTS *walk_begin(
        const struct verify *v, const char *folder, char root[static LAYOUT_PATH_MAX])
{
	char *roots[] = {root, NULL};
	int n = snprintf(root, LAYOUT_PATH_MAX, "%s/%s%s%s", v->layout->location, folder,
	        *v->rel ? "/" : "", v->rel);

	if (n >= LAYOUT_PATH_MAX) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	return fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);
}

static bool is_object(const FTSENT *e)
{
	return e->fts_info == FTS_F && identity_marked(e->fts_statp->st_mode);
}

uint64_t verify_total(const struct verify *v)
{
	char root[LAYOUT_PATH_MAX];
	FTS *fts = walk_begin(v, "data", root);
	uint64_t total = 0;
	FTSENT *e;

	while (fts && (e = fts_read(fts))) {
		if (is_object(e))
			total += (uint64_t)e->fts_statp->st_size;
	}
	if (fts)
		fts_close(fts);
	return total;
}

/* A rel that some key has, below a folder that a profile could have. */
static bool is_rel(const char *rel)
{
	char key[KEY_MAX + 1];
	const char *tilde = strchr(rel, '~'), *slash = strchr(rel, '/');

	return tilde && slash && slash - tilde == HASH_HEX_LEN + 1 &&
	       strspn(tilde + 1, "0123456789abcdef") == HASH_HEX_LEN &&
	       key_from_rel(key, sizeof key, rel) == 0;
}

static bool has_profile(const struct verify *v, const char *rel)
{
	struct own_profile own;

	return config_profile_of_dir(v->config, rel, &own) != NULL;
}

static void look_at_object(struct verify *v, const char *path, const char *rel)
{
	struct verify_finding f = {.kind = VERIFY_KINDS_N, .path = path, .rel = rel};

	if (verify_object(v, &f) != 0)
		return; /* it has gone */
	if (f.kind != VERIFY_KINDS_N)
		tell(v, &f);
	if (!has_profile(v, rel)) {
		f.kind = VERIFY_ORPHAN;
		tell(v, &f);
	}
}

static void look_at_data(struct verify *v, const FTSENT *e, size_t skip)
{
	struct verify_finding f = {.kind = VERIFY_STRAY, .path = e->fts_path, .rel = ""};
	const char *rel = e->fts_path + skip;

	switch (e->fts_info) {
	case FTS_D:
	case FTS_DP:
	case FTS_NS: /* it has gone */
		return;
	case FTS_DNR:
	case FTS_ERR:
		f.kind = VERIFY_UNREADABLE;
		f.error = -e->fts_errno;
		break;
	default:
		if (is_object(e) && is_rel(rel)) {
			look_at_object(v, e->fts_path, rel);
			return;
		}
	}
	tell(v, &f);
}

static void look_at_listing(struct verify *v, const FTSENT *e, size_t skip)
{
	struct verify_finding f = {.kind = VERIFY_STRAY, .path = e->fts_path, .rel = ""};
	size_t tail = strlen(LISTING_NAME), len = e->fts_pathlen;
	char rel[LAYOUT_PATH_MAX];

	if (e->fts_info == FTS_D || e->fts_info == FTS_DP || e->fts_info == FTS_NS)
		return;
	if (e->fts_info == FTS_DNR || e->fts_info == FTS_ERR) {
		f.kind = VERIFY_UNREADABLE;
		f.error = -e->fts_errno;
	} else if (e->fts_info == FTS_F && len > skip + tail &&
	           strcmp(e->fts_path + len - tail, LISTING_NAME) == 0) {
		snprintf(rel, sizeof rel, "%.*s", (int)(len - tail - skip), e->fts_path + skip);
		v->counts.listings++;
		if (verify_listing(e->fts_path, rel))
			return;
		f.kind = VERIFY_LISTING;
		f.rel = rel;
	} else if (e->fts_info == FTS_F && strstr(e->fts_path + skip, LISTING_NAME ".")) {
		return; /* being written */
	}
	tell(v, &f);
}

static int walk(
        struct verify *v, const char *folder, void (*look)(struct verify *, const FTSENT *, size_t))
{
	char root[LAYOUT_PATH_MAX];
	FTS *fts = walk_begin(v, folder, root);
	size_t skip = strlen(v->layout->location) + strlen(folder) + 2;
	FTSENT *e;

	if (!fts)
		return -errno;
	while ((e = fts_read(fts)))
		look(v, e, skip);
	fts_close(fts);
	return 0;
}

/* The listings of this host, by their own word about whose they are. */
static void look_at_own_listings(struct verify *v)
{
	char path[LAYOUT_PATH_MAX], file[LAYOUT_PATH_MAX], expected[LAYOUT_PATH_MAX];
	struct dirent *e;
	DIR *d;

	layout_runtime(v->layout, path, "listings");
	d = opendir(path);
	while (d && (e = readdir(d))) {
		char rel[KEY_REL_MAX] = "";

		if (strlen(e->d_name) != HASH_HEX_LEN ||
		        snprintf(file, sizeof file, "%s/%s", path, e->d_name) >= (int)sizeof file)
			continue;
		verify_listing_rel(file, rel, sizeof rel);
		if (*rel && !is_wanted(v, rel))
			continue;
		v->counts.listings++;
		if (!*rel || layout_listing(v->layout, expected, rel) != 0 ||
		        strcmp(expected, file) != 0 || !verify_listing(file, rel))
			tell(v, &(struct verify_finding){
			                .kind = VERIFY_LISTING, .path = file, .rel = rel});
	}
	if (d)
		closedir(d);
}

static void on_left(void *arg, int dir, const char *path)
{
	(void)dir;
	/* The lock file of an agent, empty and of no further use, stays until the next one starts.
	 */
	if (strrchr(path, '/')[1] != '.')
		tell(arg,
		        &(struct verify_finding){.kind = VERIFY_LEFTOVER, .path = path, .rel = ""});
}

int verify_run(struct verify *v)
{
	int err;

	memset(&v->counts, 0, sizeof v->counts);
	err = walk(v, "data", look_at_data);
	if (!err)
		err = walk(v, "dirs", look_at_listing);
	if (err)
		return err;
	look_at_own_listings(v);
	if (!*v->rel)
		life_left(v->layout, on_left, v);
	return 0;
}
