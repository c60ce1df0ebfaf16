/* Listings: built, found in, changed in place, and harmless when their file is damaged. Long, since
 * what damages a file does so to one that the first half has built. */
#include "cache/listing_build.h"
#include "cache/read/hash.h"
#include "cache/read/identity.h"
#include "cache/read/validity.h"
#include "tests/lib/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <time.h>
#include <cmocka.h>

#define LATER (boottime_ms() + 100000)

static const struct listing_header *listing;

static int tear_down(void **state)
{
	listing_unmap(listing);
	listing = NULL;
	return cache_remove(state);
}

static struct listing_info info_of(const char *name, enum listing_type type)
{
	return (struct listing_info){
	        .size = 10 * strlen(name),
	        .mtime = (int64_t)strlen(name) - 2,
	        .ino = hash64(HASH_INODE, name, strlen(name)),
	        .type = type,
	        .executable = name[0] == 'x',
	};
}

/* Names with '/' at their end are directories. */
static struct listing_build *begin(
        const char *dir, const char *const *names, size_t n, const char *etag)
{
	struct listing_build *b =
	        listing_build_new(&cache_layout, &cache_config.profiles[0], cache_rel(dir));

	assert_non_null(b);
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(names[i]);
		bool is_dir = len && names[i][len - 1] == '/';
		struct listing_info info = info_of(names[i], is_dir ? LISTING_DIR : LISTING_FILE);

		assert_int_equal(listing_build_add(b, names[i], len - is_dir, &info, etag), 0);
	}
	return b;
}

static void build(const char *dir, const char *const *names, size_t n, const char *etag)
{
	struct listing_build *b = begin(dir, names, n, etag);

	assert_int_equal(listing_build_write(b, LATER), 0);
	listing_build_free(b);
	listing_unmap(listing);
	listing_share(&cache_layout, &cache_layout, cache_rel(dir));
	listing = listing_map(&cache_layout, cache_rel(dir), false);
	assert_non_null(listing);
}

#define BUILD(dir, etag, ...)                                                                      \
	do {                                                                                       \
		static const char *const names_[] = {__VA_ARGS__};                                 \
		build(dir, names_, sizeof names_ / sizeof *names_, etag);                          \
	} while (0)

/* All names, as "a,b/,". */
static const char *names_of(const struct listing_header *l)
{
	static char out[4096];
	size_t len = 0, n;

	out[0] = 0;
	for (uint64_t i = 0; i < l->count; i++) {
		const struct listing_entry *e = listing_at(l, i);
		const char *name = listing_name(l, e, &n);

		len += (size_t)snprintf(out + len, sizeof out - len, "%.*s%s,", (int)n, name,
		        e->type == LISTING_DIR ? "/" : "");
	}
	return out;
}

static const struct listing_entry *find(const char *name)
{
	return listing_find(listing, name, strlen(name));
}

static void assert_listed(const char *name)
{
	const struct listing_entry *e = find(name);
	size_t n;

	if (!e)
		fail_msg("%s is not found", name);
	assert_memory_equal(listing_name(listing, e, &n), name, strlen(name));
	assert_int_equal(n, strlen(name));
}

/* -- Building and finding -- */

static void entries_are_sorted_by_their_bytes(void **state)
{
	(void)state;
	BUILD("d", "", "b", "a", "\xff", "a.b", "A", "ab", "a/", "-", "aa/", " ", "\xc3\xbc");
	assert_string_equal(names_of(listing), " ,-,A,a/,a.b,aa/,ab,b,\xc3\xbc,\xff,");
}

static void of_an_object_and_a_directory_the_directory_stays(void **state)
{
	(void)state;
	BUILD("d", "", "a", "b/", "a/", "b", "c", "c");
	assert_string_equal(names_of(listing), "a/,b/,c,");
}

static void every_entry_is_found_and_nothing_else(void **state)
{
	(void)state;
	BUILD("d", "", "first", "last", "middle/", "mid", "m");
	assert_listed("first");
	assert_listed("last");
	assert_listed("middle");
	assert_listed("mid");
	assert_listed("m");
	assert_null(find(""));
	assert_null(find("a"));
	assert_null(find("z"));
	assert_null(find("midd"));
	assert_null(find("middle2"));
	assert_null(find("lasa"));
	assert_null(listing_find(listing, "first\0", 6));
}

static void an_empty_directory_has_a_listing(void **state)
{
	(void)state;
	build("d", NULL, 0, "");
	assert_int_equal(listing->count, 0);
	assert_null(find("x"));
	assert_null(listing_at(listing, 0));
}

static void the_root_has_a_listing(void **state)
{
	(void)state;
	BUILD("", "", "a");
	assert_true(listing_is_of(listing, cache_rel(""), strlen(cache_rel(""))));
	assert_listed("a");
}

static void what_was_added_is_read(void **state)
{
	const struct listing_entry *e;
	struct listing_info info, wanted = info_of("xyz", LISTING_FILE);

	(void)state;
	BUILD("d", "\"tag\"", "a", "xyz", "dir/");
	e = find("xyz");
	listing_read(listing, e, &info);
	assert_int_equal(info.size, wanted.size);
	assert_int_equal(info.mtime, wanted.mtime);
	assert_int_equal(info.ino, wanted.ino);
	assert_int_equal(info.type, LISTING_FILE);
	assert_true(info.executable);
	assert_string_equal(listing_etag(listing, e), "\"tag\"");
	listing_read(listing, find("a"), &info);
	assert_int_equal(info.mtime, -1);
	assert_false(info.executable);
}

static void without_an_etag_there_is_none(void **state)
{
	(void)state;
	BUILD("d", "", "a");
	assert_string_equal(listing_etag(listing, find("a")), "");
}

static void the_directory_itself_is_described(void **state)
{
	const char *rel = cache_rel("some/dir");

	(void)state;
	BUILD("some/dir", "", "a");
	assert_true(listing_is_of(listing, rel, strlen(rel)));
	assert_false(listing_is_of(listing, rel, strlen(rel) - 1));
	assert_int_equal(listing->ino, identity_ino(rel, strlen(rel), ""));
	assert_int_equal(listing->dev, cache_config.profiles[0].dev);
	assert_true(boot_is_ours(listing->boot));
}

static void names_are_escaped(void **state)
{
	(void)state;
	BUILD("d", "", "", "..", "%=list", "/");
	assert_string_equal(names_of(listing), "%~/,%~%=list,%~..,");
}

static void a_name_that_no_directory_can_hold_is_left_out(void **state)
{
	char name[300];
	struct listing_info info = {.type = LISTING_FILE};
	struct listing_build *b = begin("d", NULL, 0, "");

	(void)state;
	memset(name, 'n', sizeof name);
	assert_int_equal(listing_build_add(b, name, 255, &info, ""), 0);
	assert_int_equal(listing_build_add(b, name, 256, &info, ""), -ENAMETOOLONG);
	name[0] = '%';
	name[1] = '~';
	assert_int_equal(listing_build_add(b, name, 253, &info, ""), 0);
	assert_int_equal(listing_build_add(b, name, 254, &info, ""), -ENAMETOOLONG);
	assert_int_equal(listing_build_count(b), 2);
	listing_build_free(b);
}

static void many_names_are_found(void **state)
{
	struct listing_info info = {.type = LISTING_FILE};
	struct listing_build *b = begin("d", NULL, 0, "");
	char name[16];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		int n = snprintf(name, sizeof name, "%d", i * 7919 % 20000);

		info.size = (uint64_t)(i * 7919 % 20000);
		assert_int_equal(listing_build_add(b, name, (size_t)n, &info, "\"e\""), 0);
	}
	assert_int_equal(listing_build_write(b, LATER), 0);
	listing_build_free(b);
	listing = listing_map(&cache_layout, cache_rel("d"), false);
	assert_int_equal(listing->count, 20000);
	for (int i = 0; i < 20000; i++) {
		snprintf(name, sizeof name, "%d", i);
		assert_listed(name);
		listing_read(listing, find(name), &info);
		assert_int_equal(info.size, i);
	}
}

/* More than a block of memory holds, so that runs are merged; and each third name twice, once as a
 * directory. */
static void more_than_memory_holds_is_sorted(void **state)
{
	enum { N = 300000 };
	struct listing_info info = {.type = LISTING_FILE};
	struct listing_build *b = begin("d", NULL, 0, "");
	char name[64];
	size_t len = 0;

	(void)state;
	for (unsigned i = 0; i < N; i++) {
		unsigned k = (unsigned)(i * 100003ULL % N);
		int n = snprintf(name, sizeof name, "a-name-of-some-length-%u", k);

		info.size = k;
		info.type = LISTING_FILE;
		assert_int_equal(listing_build_add(b, name, (size_t)n, &info, "\"etag\""), 0);
		info.type = LISTING_DIR;
		if (k % 3 == 0)
			assert_int_equal(listing_build_add(b, name, (size_t)n, &info, ""), 0);
	}
	assert_int_equal(listing_build_count(b), N + N / 3);
	assert_int_equal(listing_build_write(b, LATER), 0);
	listing_build_free(b);
	listing = listing_map(&cache_layout, cache_rel("d"), false);
	assert_non_null(listing);
	assert_int_equal(listing->count, N);
	assert_true(listing_sound(listing));
	for (unsigned i = 0; i < N; i++) {
		int n = snprintf(name, sizeof name, "a-name-of-some-length-%u", i);
		const struct listing_entry *e = listing_find(listing, name, (size_t)n);

		assert_non_null(e);
		assert_int_equal(e->size, i);
		assert_int_equal(e->type, i % 3 ? LISTING_FILE : LISTING_DIR);
		assert_string_equal(listing_etag(listing, e), i % 3 ? "\"etag\"" : "");
		assert_memory_equal(listing_name(listing, e, &len), name, len);
	}
}

static void there_is_no_listing_of_what_was_not_listed(void **state)
{
	(void)state;
	assert_null(listing_map(&cache_layout, cache_rel("d"), false));
	assert_null(listing_map(&cache_layout, cache_rel("d"), true));
	assert_int_equal(listing_extend(&cache_layout, cache_rel("d"), LATER), -ENOENT);
	assert_int_equal(listing_restore(&cache_layout, cache_rel("d"), LATER, 0), -ENOENT);
	listing_drop(&cache_layout, cache_rel("d"));
}

/* Two names with one hash would share a file. */
static void a_listing_of_another_directory_is_not_taken(void **state)
{
	char from[LAYOUT_PATH_MAX], to[LAYOUT_PATH_MAX];

	(void)state;
	BUILD("d", "", "a");
	assert_int_equal(layout_listing(&cache_layout, from, cache_rel("d")), 0);
	assert_int_equal(layout_listing(&cache_layout, to, cache_rel("e")), 0);
	assert_int_equal(rename(from, to), 0);
	assert_null(listing_map(&cache_layout, cache_rel("e"), false));
}

/* -- Its life -- */

static void a_listing_is_fresh_until_its_expiry(void **state)
{
	uint64_t expiry;

	(void)state;
	BUILD("d", "", "a");
	expiry = listing->expiry;
	assert_true(listing_fresh(listing, expiry - 1));
	assert_false(listing_fresh(listing, expiry));
	assert_int_equal(listing_extend(&cache_layout, cache_rel("d"), expiry + 10), 0);
	assert_true(listing_fresh(listing, expiry + 9));
}

static void a_listing_that_says_the_same_stays(void **state)
{
	const struct listing_header *old;
	uint64_t expiry;

	(void)state;
	BUILD("d", "\"e\"", "a", "b/");
	old = listing;
	listing = NULL;
	old = listing_map(&cache_layout, cache_rel("d"), false);
	assert_int_equal(listing_extend(&cache_layout, cache_rel("d"), 1), 0);
	expiry = LATER;
	BUILD("d", "\"e\"", "a", "b/");
	assert_true(old->expiry >= expiry);
	assert_true(listing_fresh(old, boottime_ms()));
	BUILD("d", "\"f\"", "a", "b/");
	assert_false(listing_fresh(old, boottime_ms()));
	listing_unmap(old);
}

static void use_of_a_listing_is_seen(void **state)
{
	char path[LAYOUT_PATH_MAX], byte;
	void *map;
	int fd;

	(void)state;
	assert_int_equal(listing_in_use(&cache_layout, cache_rel("d")), LISTING_UNUSED);
	BUILD("d", "", "a");
	listing_unmap(listing);
	listing = NULL;
	assert_int_equal(listing_in_use(&cache_layout, cache_rel("d")), LISTING_UNUSED);
	assert_int_equal(layout_listing(&cache_layout, path, cache_rel("d")), 0);
	fd = open(path, O_RDONLY | O_NOATIME);
	assert_true(fd >= 0);
	map = mmap(NULL, 1, PROT_READ, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(map, MAP_FAILED);
	close(fd);
	assert_int_equal(listing_in_use(&cache_layout, cache_rel("d")), LISTING_MAPPED);
	munmap(map, 1);
	assert_int_equal(listing_in_use(&cache_layout, cache_rel("d")), LISTING_UNUSED);
	/* The clock of files moves in steps. */
	for (int i = 0; i < 1000 && !listing_in_use(&cache_layout, cache_rel("d")); i++) {
		usleep(1000);
		fd = open(path, O_RDONLY);
		assert_int_equal(read(fd, &byte, 1), 1);
		close(fd);
	}
	assert_int_equal(listing_in_use(&cache_layout, cache_rel("d")), LISTING_OPENED);
	BUILD("d", "", "a");
	listing_unmap(listing);
	listing = NULL;
	assert_int_equal(listing_in_use(&cache_layout, cache_rel("d")), LISTING_UNUSED);
}

static void a_newer_listing_supersedes_the_older(void **state)
{
	const struct listing_header *old;

	(void)state;
	BUILD("d", "", "a");
	old = listing;
	listing = NULL;
	BUILD("d", "", "b");
	assert_false(listing_fresh(old, boottime_ms()));
	assert_string_equal(names_of(old), "a,");
	assert_true(listing_fresh(listing, boottime_ms()));
	assert_string_equal(names_of(listing), "b,");
	listing_unmap(old);
}

static void a_dropped_listing_is_not_extended(void **state)
{
	(void)state;
	BUILD("d", "", "a");
	listing_drop(&cache_layout, cache_rel("d"));
	assert_false(listing_fresh(listing, boottime_ms()));
	assert_int_equal(listing_extend(&cache_layout, cache_rel("d"), LATER), -ENOENT);
}

static void one_of_another_boot_is_not_extended(void **state)
{
	struct listing_header *own;
	char path[LAYOUT_PATH_MAX];
	int fd;

	(void)state;
	BUILD("d", "", "a");
	layout_listing(&cache_layout, path, cache_rel("d"));
	fd = open(path, O_RDWR);
	own = mmap(NULL, listing->length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(own, MAP_FAILED);
	own->boot -= 2 * BOOT_TOLERANCE;
	assert_int_equal(listing_extend(&cache_layout, cache_rel("d"), LATER), -ENOENT);
	munmap(own, listing->length);
	close(fd);
}

static void an_object_is_updated_in_place(void **state)
{
	struct listing_info info = {
	        .size = 99, .mtime = 98, .ino = 97, .type = LISTING_FILE, .executable = true};
	struct listing_info got;

	(void)state;
	BUILD("d", "\"old\"", "a", "b", "dir/");
	listing_update(&cache_layout, cache_rel("d/b"), &info);
	listing_read(listing, find("b"), &got);
	assert_int_equal(got.size, 99);
	assert_int_equal(got.mtime, 98);
	assert_int_equal(got.ino, 97);
	assert_true(got.executable);
	/* It was the old generation's. */
	assert_string_equal(listing_etag(listing, find("b")), "");
	assert_string_equal(listing_etag(listing, find("a")), "\"old\"");
	assert_int_equal(listing->seq % 2, 0);
}

static void what_is_not_listed_is_not_updated(void **state)
{
	struct listing_info info = {.size = 99, .type = LISTING_FILE}, got;

	(void)state;
	BUILD("d", "", "a", "dir/");
	listing_update(&cache_layout, cache_rel("d/none"), &info);
	listing_update(&cache_layout, cache_rel("d/dir"), &info);
	listing_update(&cache_layout, cache_rel("unlisted/a"), &info);
	listing_update(&cache_layout, cache_rel(""), &info);
	listing_read(listing, find("dir"), &got);
	assert_int_equal(got.type, LISTING_DIR);
	assert_int_not_equal(got.size, 99);
	assert_string_equal(names_of(listing), "a,dir/,");
}

/* An agent that was killed in the middle leaves the sequence odd; the next update ends that. */
static void an_update_after_a_broken_one_is_read(void **state)
{
	struct listing_info info = {.size = 99, .type = LISTING_FILE}, got;
	struct listing_header *own;
	char path[LAYOUT_PATH_MAX];
	int fd;

	(void)state;
	BUILD("d", "", "a");
	layout_listing(&cache_layout, path, cache_rel("d"));
	fd = open(path, O_RDWR);
	own = mmap(NULL, listing->length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	own->seq = 7;
	listing_read(listing, find("a"), &got);
	assert_int_equal(got.size, 10);
	listing_update(&cache_layout, cache_rel("d/a"), &info);
	assert_int_equal(own->seq, 8);
	listing_read(listing, find("a"), &got);
	assert_int_equal(got.size, 99);
	munmap(own, listing->length);
	close(fd);
}

/* -- The copy for other hosts -- */

static void lose_own(const char *dir)
{
	char path[LAYOUT_PATH_MAX];

	assert_int_equal(layout_listing(&cache_layout, path, cache_rel(dir)), 0);
	assert_int_equal(unlink(path), 0);
	assert_null(listing_map(&cache_layout, cache_rel(dir), false));
}

static void a_listing_is_restored_from_its_copy(void **state)
{
	uint64_t expiry = LATER;

	(void)state;
	BUILD("d", "\"tag\"", "a", "b/");
	lose_own("d");
	assert_int_equal(listing_restore(&cache_layout, cache_rel("d"), expiry, 0), 0);
	listing_unmap(listing);
	listing = listing_map(&cache_layout, cache_rel("d"), false);
	assert_non_null(listing);
	assert_int_equal(listing->expiry, expiry);
	assert_true(boot_is_ours(listing->boot));
	assert_string_equal(names_of(listing), "a,b/,");
	assert_string_equal(listing_etag(listing, find("a")), "\"tag\"");
}

static void a_copy_that_is_too_old_is_not_restored(void **state)
{
	(void)state;
	BUILD("d", "", "a");
	lose_own("d");
	assert_int_equal(
	        listing_restore(&cache_layout, cache_rel("d"), LATER, time(NULL) + 1000), -ENOENT);
	assert_null(listing_map(&cache_layout, cache_rel("d"), false));
}

static void a_damaged_copy_is_not_restored(void **state)
{
	char path[LAYOUT_PATH_MAX];

	(void)state;
	BUILD("d", "", "a");
	lose_own("d");
	assert_int_equal(layout_dirs(&cache_layout, path, cache_rel("d")), 0);
	assert_int_equal(truncate(path, 130), 0);
	assert_int_equal(listing_restore(&cache_layout, cache_rel("d"), LATER, 0), -ENOENT);
}

/* Another member of a group can put there what he likes. */
static void what_was_planted_for_a_copy_is_not_restored(void **state)
{
	char path[LAYOUT_PATH_MAX], other[LAYOUT_PATH_MAX + 8];

	(void)state;
	BUILD("d", "", "a");
	lose_own("d");
	assert_int_equal(layout_dirs(&cache_layout, path, cache_rel("d")), 0);
	snprintf(other, sizeof other, "%s.other", path);
	assert_int_equal(rename(path, other), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(listing_restore(&cache_layout, cache_rel("d"), LATER, 0), -ENOENT);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink(other, path), 0);
	assert_int_equal(listing_restore(&cache_layout, cache_rel("d"), LATER, 0), -ENOENT);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rename(other, path), 0);
	assert_int_equal(truncate(path, (off_t)2 << 30), 0);
	assert_int_equal(listing_restore(&cache_layout, cache_rel("d"), LATER, 0), -ENOENT);
}

/* One bit anywhere behind the header, which is still a listing for all that its form tells. */
static void a_copy_with_a_wrong_bit_is_not_sound(void **state)
{
	char path[LAYOUT_PATH_MAX];
	struct stat st;
	unsigned char *map;
	int fd;

	(void)state;
	BUILD("d", "\"tag\"", "a", "b/", "c");
	assert_true(listing_sound(listing));
	assert_int_equal(layout_dirs(&cache_layout, path, cache_rel("d")), 0);
	fd = open(path, O_RDWR);
	assert_true(fd >= 0 && fstat(fd, &st) == 0);
	map = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	assert_ptr_not_equal(map, MAP_FAILED);
	assert_true(listing_sound((struct listing_header *)map));
	for (size_t i = sizeof(struct listing_header); i < (size_t)st.st_size; i++) {
		map[i] ^= 1 << (i % 8);
		assert_false(listing_sound((struct listing_header *)map));
		assert_int_equal(listing_restore(&cache_layout, cache_rel("d"), LATER, 0), -ENOENT);
		map[i] ^= 1 << (i % 8);
	}
	munmap(map, (size_t)st.st_size);
}

static void a_copy_has_no_expiry(void **state)
{
	(void)state;
	BUILD("d", "", "a");
	listing_unmap(listing);
	listing = listing_map(&cache_layout, cache_rel("d"), true);
	assert_non_null(listing);
	assert_false(listing_fresh(listing, 0));
}

static void without_a_cache_there_is_no_copy(void **state)
{
	(void)state;
	cache_layout.writable = false;
	BUILD("d", "", "a");
	assert_null(listing_map(&cache_layout, cache_rel("d"), true));
}

static void nothing_is_left_beside_the_listings(void **state)
{
	char command[256];

	(void)state;
	BUILD("d", "", "a");
	BUILD("d", "", "b");
	lose_own("d");
	listing_restore(&cache_layout, cache_rel("d"), LATER, 0);
	snprintf(command, sizeof command, "test $(ls %s/run/listings | wc -l) = 1", cache_folder);
	assert_int_equal(system(command), 0);
}

/* -- Damage -- */

/* Looks at everything that a program could be shown. */
static void use_all(const struct listing_header *l)
{
	struct listing_info info;
	uint64_t sum = 0;

	for (uint64_t i = 0; i < l->count; i++) {
		const struct listing_entry *e = listing_at(l, i);
		size_t n = 0;
		const char *name = listing_name(l, e, &n);

		listing_read(l, e, &info);
		for (size_t j = 0; name && j < n; j++)
			sum += (unsigned char)name[j];
		sum += strlen(listing_etag(l, e)) + info.size;
		if (name)
			listing_find(l, name, n);
	}
	listing_find(l, "", 0);
	listing_find(l, "mmm", 3);
	listing_is_of(l, "demo", 4);
	listing_fresh(l, sum);
}

/* A copy in memory of its own, with nothing behind it. */
static struct listing_header *copy(size_t length)
{
	struct listing_header *l = malloc(length ? length : 1);

	assert_non_null(l);
	memcpy(l, listing, length < listing->length ? length : listing->length);
	return l;
}

static void a_file_that_was_cut_is_refused(void **state)
{
	(void)state;
	BUILD("d", "\"tag\"", "a", "b", "c/", "dd");
	for (size_t n = 0; n < listing->length; n++) {
		struct listing_header *l = copy(n);

		assert_false(listing_valid(l, n));
		/* Also if it says that it is so short. */
		if (n >= sizeof *l) {
			l->length = n;
			if (listing_valid(l, n))
				use_all(l);
		}
		free(l);
	}
}

static void changed_bytes_are_survived(void **state)
{
	(void)state;
	BUILD("d", "\"tag\"", "a", "b", "c/", "dd", "eee", "mmm");
	assert_true(listing_valid(listing, listing->length));
	for (int i = 0; i < 50000; i++) {
		struct listing_header *l = copy(listing->length);
		unsigned char *bytes = (unsigned char *)l;

		for (uint32_t edits = random_below(4) + 1; edits; edits--) {
			uint32_t at = random_below((uint32_t)listing->length);

			if (random_below(2))
				bytes[at] = (unsigned char)random_below(256);
			else
				bytes[at] ^= (unsigned char)(1 << random_below(8));
		}
		if (listing_valid(l, listing->length))
			use_all(l);
		free(l);
	}
}

static void numbers_at_their_limits_are_survived(void **state)
{
	static const uint64_t limits[] = {0, 1, 127, 128, 1ULL << 31, UINT32_MAX, 1ULL << 32,
	        UINT64_MAX / sizeof(struct listing_entry), UINT64_MAX - 127, UINT64_MAX};

	(void)state;
	BUILD("d", "\"tag\"", "a", "b", "mmm");
	for (size_t at = 0; at + 8 <= listing->length; at += 4) {
		for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
			struct listing_header *l = copy(listing->length);

			memcpy((char *)l + at, &limits[i], 8);
			if (listing_valid(l, listing->length))
				use_all(l);
			free(l);
		}
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, cache_make, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(entries_are_sorted_by_their_bytes),
	        TEST(of_an_object_and_a_directory_the_directory_stays),
	        TEST(every_entry_is_found_and_nothing_else),
	        TEST(an_empty_directory_has_a_listing),
	        TEST(the_root_has_a_listing),
	        TEST(what_was_added_is_read),
	        TEST(without_an_etag_there_is_none),
	        TEST(the_directory_itself_is_described),
	        TEST(names_are_escaped),
	        TEST(a_name_that_no_directory_can_hold_is_left_out),
	        TEST(many_names_are_found),
	        TEST(more_than_memory_holds_is_sorted),
	        TEST(there_is_no_listing_of_what_was_not_listed),
	        TEST(a_listing_of_another_directory_is_not_taken),
	        TEST(a_listing_is_fresh_until_its_expiry),
	        TEST(a_newer_listing_supersedes_the_older),
	        TEST(a_listing_that_says_the_same_stays),
	        TEST(use_of_a_listing_is_seen),
	        TEST(a_dropped_listing_is_not_extended),
	        TEST(one_of_another_boot_is_not_extended),
	        TEST(an_object_is_updated_in_place),
	        TEST(what_is_not_listed_is_not_updated),
	        TEST(an_update_after_a_broken_one_is_read),
	        TEST(a_listing_is_restored_from_its_copy),
	        TEST(a_copy_that_is_too_old_is_not_restored),
	        TEST(a_damaged_copy_is_not_restored),
	        TEST(a_copy_with_a_wrong_bit_is_not_sound),
	        TEST(a_copy_has_no_expiry),
	        TEST(without_a_cache_there_is_no_copy),
	        TEST(what_was_planted_for_a_copy_is_not_restored),
	        TEST(nothing_is_left_beside_the_listings),
	        TEST(a_file_that_was_cut_is_refused),
	        TEST(changed_bytes_are_survived),
	        TEST(numbers_at_their_limits_are_survived),
	};

	return cmocka_run_group_tests_name("listing", tests, NULL, NULL);
}
