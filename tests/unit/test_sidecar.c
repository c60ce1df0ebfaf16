/* Sidecars: what is recorded with an object comes back, for the file that it was recorded of alone.
 */
#include "cache/sidecar.h"
#include "tests/lib/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const struct meta meta = {.etag = "\"abc\"",
        .validated = 1700000000,
        .ino = 77,
        .dev = 0x80001,
        .digest = "crc64nvme:5:0011223344556677",
        .checksum = "md5:00112233445566778899aabbccddeeff"};

static const struct stat file = {.st_size = 5, .st_mtim = {.tv_sec = 1600000000}, .st_ino = 12};

static int write_one(const char *name)
{
	return sidecar_write(&cache_layout, cache_rel(name), &file, &meta);
}

static void it_comes_back(void **state)
{
	struct meta got = {0};

	(void)state;
	assert_int_equal(write_one("a/b"), 0);
	assert_true(sidecar_read(&cache_layout, cache_rel("a/b"), &file, &got));
	assert_string_equal(got.etag, meta.etag);
	assert_string_equal(got.digest, meta.digest);
	assert_string_equal(got.checksum, meta.checksum);
	assert_int_equal(got.validated, meta.validated);
	assert_int_equal(got.ino, meta.ino);
	assert_int_equal(got.dev, meta.dev);
	assert_false(sidecar_read(&cache_layout, cache_rel("a/c"), &file, &got));
}

static void it_is_of_one_file(void **state)
{
	struct stat other[3] = {file, file, file};
	struct meta got = {0};

	(void)state;
	other[0].st_size++;
	other[1].st_mtim.tv_sec--;
	other[2].st_ino++;
	assert_int_equal(write_one("x"), 0);
	for (int i = 0; i < 3; i++)
		assert_false(sidecar_read(&cache_layout, cache_rel("x"), &other[i], &got));
	assert_string_equal(got.etag, "");
	/* There the numbers of files are not the same for all hosts. */
	cache_layout.medium = "fuse";
	assert_int_equal(write_one("x"), 0);
	assert_true(sidecar_read(&cache_layout, cache_rel("x"), &other[2], &got));
}

static void it_adds_to_what_is_known(void **state)
{
	struct meta got = {.etag = "\"own\"", .validated = 1800000000};

	(void)state;
	assert_int_equal(write_one("x"), 0);
	assert_true(sidecar_read(&cache_layout, cache_rel("x"), &file, &got));
	assert_string_equal(got.etag, "\"own\"");
	assert_int_equal(got.validated, 1800000000);
	got.validated = 1;
	assert_true(sidecar_read(&cache_layout, cache_rel("x"), &file, &got));
	assert_int_equal(got.validated, meta.validated);
}

static void a_newer_one_takes_its_place(void **state)
{
	struct meta got = {0}, newer = meta;

	(void)state;
	newer.validated++;
	assert_int_equal(write_one("x"), 0);
	assert_int_equal(sidecar_write(&cache_layout, cache_rel("x"), &file, &newer), 0);
	assert_true(sidecar_read(&cache_layout, cache_rel("x"), &file, &got));
	assert_int_equal(got.validated, newer.validated);
	sidecar_remove(&cache_layout, cache_rel("x"));
	assert_false(sidecar_read(&cache_layout, cache_rel("x"), &file, &got));
}

static void the_longest_fits(void **state)
{
	struct sidecar s = {.size = UINT64_MAX, .mtime = INT64_MIN, .file_ino = UINT64_MAX}, got;
	char text[SIDECAR_MAX];

	(void)state;
	memset(s.meta.etag, 'e', META_ETAG_MAX);
	memset(s.meta.digest, 'd', META_DIGEST_MAX);
	memset(s.meta.checksum, 'c', META_CHECKSUM_MAX);
	s.meta.validated = INT64_MIN;
	s.meta.ino = UINT64_MAX;
	s.meta.dev = UINT32_MAX;
	assert_int_equal(sidecar_parse(text, sidecar_format(&s, text), &got), 0);
	assert_string_equal(got.meta.etag, s.meta.etag);
	assert_int_equal(got.mtime, s.mtime);
}

static void any_damage_is_seen(void **state)
{
	struct sidecar s = {.size = 5, .meta = meta}, got;
	char text[SIDECAR_MAX];
	size_t len = sidecar_format(&s, text);

	(void)state;
	assert_int_equal(sidecar_parse(text, len, &got), 0);
	for (size_t i = 0; i < len; i++) {
		assert_int_equal(sidecar_parse(text, i, &got), -EBADMSG);
		text[i] ^= 4;
		assert_int_equal(sidecar_parse(text, len, &got), -EBADMSG);
		text[i] ^= 4;
	}
}

/* With a right end. */
static void hostile_ones_are_refused(void **state)
{
	static const char *const texts[] = {"", "larder-meta 1\n", "larder-meta 2\nfile 1 2 3\n",
	        "larder-meta 1\nfile 1 2\nvalidated 1\nid 1 1\netag \ndigest \n",
	        "larder-meta 1\nfile 1 2 3 4\nvalidated 1\nid 1 1\netag \ndigest \n",
	        "larder-meta 1\nfile 1 2 3\nvalidated x\nid 1 1\netag \ndigest \n",
	        "larder-meta 1\nfile 1 2 3\nvalidated 1\nid 1 1\netag a\tb\ndigest \n",
	        "larder-meta 1\nfile 1 2 3\nvalidated 1\nid 1 1\netag \ndigest \nmore\n"};
	char text[SIDECAR_MAX];
	struct sidecar got;

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		size_t len = strlen(texts[i]);

		memcpy(text, texts[i], len);
		len = sidecar_seal(text, len);
		assert_int_equal(sidecar_parse(text, len, &got), -EBADMSG);
	}
	memset(text, 'x', sizeof text);
	assert_int_equal(sidecar_seal(text, sizeof text - 4), 0);
}

/* Where attributes can be written there is none; else one in an hour. */
static void a_revalidation_is_recorded(void **state)
{
	struct meta m = meta, got;
	char path[LAYOUT_PATH_MAX];
	struct stat st;
	int fd;

	(void)state;
	snprintf(path, sizeof path, "%s/data/x", cache_layout.location);
	fd = open(path, O_RDWR | O_CREAT, 0600);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	m.validated = layout_now(&cache_layout) / 1000 - 2 * SIDECAR_PERIOD_S;
	if (cache_layout.xattrs) {
		sidecar_validated(&cache_layout, "x", fd, &st, &m, m.validated + 10);
		meta_read(fd, &got);
		assert_int_equal(got.validated, m.validated + 10);
	}
	cache_layout.xattrs = false;
	sidecar_validated(&cache_layout, "x", fd, &st, &m, m.validated + 20);
	sidecar_meta(&cache_layout, "x", fd, &st, &got);
	assert_true(got.validated < m.validated + 20);
	sidecar_validated(&cache_layout, "x", fd, &st, &m, m.validated + SIDECAR_PERIOD_S);
	sidecar_meta(&cache_layout, "x", fd, &st, &got);
	assert_int_equal(got.validated, m.validated + SIDECAR_PERIOD_S);
	assert_string_equal(got.etag, meta.etag);
	close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, cache_make, cache_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(it_comes_back),
	        TEST(it_is_of_one_file),
	        TEST(it_adds_to_what_is_known),
	        TEST(a_newer_one_takes_its_place),
	        TEST(a_revalidation_is_recorded),
	        TEST(the_longest_fits),
	        TEST(any_damage_is_seen),
	        TEST(hostile_ones_are_refused),
	};

	return cmocka_run_group_tests_name("sidecar", tests, NULL, NULL);
}
