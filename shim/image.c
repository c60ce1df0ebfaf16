/*
 * Images: cached files that the kernel executes or libc's loader maps.
 *
 * Which libraries an image is linked with, the loader reads in the file and opens them by calls of
 * its own, which the shim does not see. Those that $ORIGIN leads to are looked for in the cache's
 * folder, so they are brought there before: what the image needs, what that needs, and so on. A
 * library that is named by an absolute path in a prefix cannot be helped.
 */
#include "shim/exec.h"

#define LIBRARIES_MAX  256
#define LIBRARIES_TEXT (64 << 10)
#define NAME_WAIT_MS                                                                               \
	3000             /* for names of all of them; a fill gets its name within a second or two */
#define NAME_PAUSE_MS 50 /* longest between two looks */

/* In a mapping of its own, which is too large for a stack. */
struct libraries {
	struct elf_links links;      /* of the file that is looked at */
	char rel[KEY_REL_MAX];       /* of the candidate that is looked at */
	char rpath[ELF_RUNPATH_MAX]; /* of the image, for libraries that have none; "" */
	unsigned n;
	size_t used;
	uint32_t at[LIBRARIES_MAX]; /* of rels in text */
	char text[LIBRARIES_TEXT];
};

int image_open(const struct place *p, struct stat *st)
{
	int fd = place_open(p, O_RDONLY | O_CLOEXEC), err;

	if (fd < 0)
		return fd;
	err = sys_fstat(fd, st);
	if (!err && !S_ISREG(st->st_mode))
		err = -EACCES;
	if (err)
		sys_close(fd);
	return err ? err : fd;
}

static bool has_name(const char *path, const struct stat *st)
{
	struct stat named;

	/* A remote that is read in place may have links. */
	return sys_fstatat(AT_FDCWD, path, &named, 0) == 0 && named.st_ino == st->st_ino &&
	       named.st_dev == st->st_dev;
}

/* Whether the link of a descriptor leads below data/. */
static bool is_below_data(int fd)
{
	char path[PATH_MAX / 2];

	return fd_path(fd, path, sizeof path) > 0 && in_our_folders(path);
}

/* A file that is not kept, or was replaced meanwhile, never gets the name. Without a path, any name
 * below data/ will do. */
static bool wait_for_name(const char *path, int fd, unsigned *patience)
{
	struct stat st;

	for (unsigned pause = 1;; pause = pause * 2 < NAME_PAUSE_MS ? pause * 2 : NAME_PAUSE_MS) {
		if (sys_fstat(fd, &st) || !st.st_nlink)
			return false;
		if (path ? has_name(path, &st) : is_below_data(fd))
			return true;
		if (*patience < pause)
			return false;
		sys_sleep_ms(pause);
		*patience -= pause;
	}
}

void image_settle_fd(int fd)
{
	unsigned patience = NAME_WAIT_MS;
	struct stat st;

	if (sys_fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && identity_marked(st.st_mode))
		wait_for_name(NULL, fd, &patience);
}

/* The rest of a run path's element that begins with $ORIGIN, up to its end; or NULL. */
static const char *after_origin(const char *element)
{
	if (strncmp(element, "$ORIGIN", 7) == 0)
		element += 7;
	else if (strncmp(element, "${ORIGIN}", 9) == 0)
		element += 9;
	else
		return NULL;
	return *element == '/' || *element == ':' || !*element ? element : NULL;
}

/* Removes the last component; the first stays: it is the profile. */
static bool go_up(char *rel, size_t *len)
{
	char *slash = memrchr(rel, '/', *len);

	if (!slash)
		return false;
	*len = (size_t)(slash - rel);
	rel[*len] = 0;
	return true;
}

static bool go_down(char *rel, size_t size, size_t *len, const char *name, size_t n)
{
	if (*len + n + 2 > size)
		return false;
	rel[(*len)++] = '/';
	memcpy(rel + *len, name, n);
	*len += n;
	rel[*len] = 0;
	return true;
}

/* Where the loader would look for `name`: the folder of the file `from`, and from there along
 * `steps`. The length, or 0. */
static size_t find_library(
        char *rel, size_t size, const char *from, const char *steps, const char *name)
{
	size_t len = strlen(from), n;

	if (len >= size)
		return 0;
	memcpy(rel, from, len + 1);
	if (!go_up(rel, &len))
		return 0;
	for (; *steps && *steps != ':'; steps += n) {
		steps += text_run(steps, '/');
		for (n = 0; steps[n] && steps[n] != '/' && steps[n] != ':'; n++) {
			if (steps[n] == '$')
				return 0;
		}
		if (!n || (n == 1 && *steps == '.'))
			continue;
		if (n == 2 && memcmp(steps, "..", 2) == 0 ? !go_up(rel, &len)
		                                          : !go_down(rel, size, &len, steps, n))
			return 0;
	}
	return go_down(rel, size, &len, name, strlen(name)) ? len : 0;
}

/* A file of the same profile. */
static int open_library(const struct place *p, const char *rel, size_t len)
{
	struct place q = {
	        .kind = PLACE_OURS, .profile = p->profile, .rel = (char *)rel, .rel_len = len};
	struct stat st;

	return image_open(&q, &st);
}

static void add_library(struct libraries *all, const char *rel, size_t len)
{
	for (unsigned i = 0; i < all->n; i++) {
		if (strcmp(all->text + all->at[i], rel) == 0)
			return;
	}
	if (all->n == LIBRARIES_MAX || len >= sizeof all->text - all->used)
		return;
	all->at[all->n++] = (uint32_t)all->used;
	memcpy(all->text + all->used, rel, len + 1);
	all->used += len + 1;
}

/* Opens what is found in the first folder of the run path that has it, which brings it into the
 * cache. */
static bool fetch_library(struct libraries *all, const struct place *p, const char *from,
        const char *runpath, const char *name)
{
	for (const char *s = runpath; s; s = strchr(s, ':') ? strchr(s, ':') + 1 : NULL) {
		const char *steps = after_origin(s);
		size_t len = steps ? find_library(all->rel, sizeof all->rel, from, steps, name) : 0;
		int fd = len ? open_library(p, all->rel, len) : -ENOENT;

		if (fd < 0)
			continue;
		sys_close(fd);
		add_library(all, all->rel, len);
		return true;
	}
	return false;
}

static void fetch_needed(struct libraries *all, const struct place *p, const char *from, int fd)
{
	const struct elf_links *l = &all->links;
	char name[ELF_NAME_MAX];

	for (unsigned i = 0; i < l->n_needed; i++) {
		if (elf_needed_name(fd, l, i, name) &&
		        !fetch_library(all, p, from, l->runpath, name) && l->inherits)
			fetch_library(all, p, p->rel, all->rpath, name);
	}
}

static void wait_for_library(const char *rel, const struct place *p, unsigned *patience)
{
	size_t len = strlen(rel);
	char path[shim.root_len + len + 1];
	int fd = open_library(p, rel, len);

	object_path(p->profile, rel, len, path);
	if (fd >= 0) {
		wait_for_name(path, fd, patience);
		sys_close(fd);
	}
}

/* All of them are brought before any name is waited for: one commit gives them theirs. */
static void fetch_libraries(struct libraries *all, const struct place *p, unsigned *patience)
{
	if (all->links.inherits)
		memcpy(all->rpath, all->links.runpath, sizeof all->rpath);
	for (unsigned i = 0; i < all->n; i++) {
		const char *rel = all->text + all->at[i];
		int fd = open_library(p, rel, strlen(rel));

		if (fd < 0)
			continue;
		if (!i || elf_links_read(fd, &all->links) == 0)
			fetch_needed(all, p, rel, fd);
		sys_close(fd);
	}
	for (unsigned i = 1; i < all->n; i++)
		wait_for_library(all->text + all->at[i], p, patience);
}

void image_fetch_beside(const struct place *p, const char *name)
{
	unsigned patience = NAME_WAIT_MS;
	int fd = open_library(p, p->rel, p->rel_len);
	struct libraries *all =
	        sys_mmap(sizeof *all, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	if (all != MAP_FAILED) {
		add_library(all, p->rel, p->rel_len);
		if (fd >= 0 && elf_links_read(fd, &all->links) == 0 &&
		        fetch_library(all, p, p->rel, all->links.runpath, name))
			fetch_libraries(all, p, &patience);
		sys_munmap(all, sizeof *all);
	}
	if (fd >= 0)
		sys_close(fd);
}

bool image_settle(const struct place *p, int fd, char *path)
{
	unsigned patience = NAME_WAIT_MS;
	struct libraries *all =
	        sys_mmap(sizeof *all, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	if (all != MAP_FAILED) {
		/* The image is the first. */
		add_library(all, p->rel, p->rel_len);
		if (elf_links_read(fd, &all->links) == 0 && strstr(all->links.runpath, "ORIGIN"))
			fetch_libraries(all, p, &patience);
		sys_munmap(all, sizeof *all);
	}
	object_path(p->profile, p->rel, p->rel_len, path);
	return wait_for_name(path, fd, &patience);
}
