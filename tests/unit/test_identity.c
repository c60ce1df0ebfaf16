/* What a cached file shows: a device and an inode number of its own, and the marks of it. */
#include "cache/read/identity.h"
#include "cache/meta.h"
#include "tests/lib/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/xattr.h>
#include <cmocka.h>

static int make_file(void)
{
	char path[LAYOUT_PATH_MAX];
	int fd;

	snprintf(path, sizeof path, "%s/file", cache_folder);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	return fd;
}

static void requires_xattrs(void)
{
	if (!cache_layout.xattrs)
		skip();
}

static void an_inode_number_is_of_name_and_version(void **state)
{
	uint64_t ino = identity_ino("demo~1/x", 8, "\"etag\"");

	(void)state;
	/* Known to other hosts and later: not to be changed. */
	assert_int_equal(identity_ino("rel/of", 6, "\"etag\""), 0x55d234f7c6c697a4);
	assert_int_equal(identity_ino("demo~1/x", 8, "\"etag\""), ino);
	assert_int_not_equal(identity_ino("demo~1/y", 8, "\"etag\""), ino);
	assert_int_not_equal(identity_ino("demo~1/x", 8, "\"other\""), ino);
	assert_int_not_equal(identity_ino("demo~1/x", 8, ""), ino);
}

static void an_inode_number_has_63_bits_and_is_not_0(void **state)
{
	char rel[32];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		uint64_t ino;

		snprintf(rel, sizeof rel, "demo~1/%d", i);
		ino = identity_ino(rel, strlen(rel), "");
		assert_true(ino > 0 && ino <= INT64_MAX);
	}
}

static void a_device_is_of_the_remote(void **state)
{
	(void)state;
	assert_int_equal(identity_dev(0), 0x80000);
	assert_int_equal(identity_dev(UINT64_MAX), 0xfffff);
	assert_int_equal(identity_dev_of_rel("demo~00000000000a1234"), identity_dev(0xa1234));
	assert_int_equal(identity_dev_of_rel("demo~fedcba9876543210/x~1/y"),
	        identity_dev(0xfedcba9876543210));
	assert_int_equal(
	        identity_dev_of_rel(cache_config.profiles[0].dir), cache_config.profiles[0].dev);
	assert_int_equal(identity_dev_of_rel("demo"), identity_dev(0));
	assert_int_equal(identity_dev_of_rel(""), identity_dev(0));
}

static void the_mark_is_sticky_and_not_writable(void **state)
{
	(void)state;
	assert_true(identity_marked(S_IFREG | DATA_MODE));
	assert_true(identity_marked(S_IFREG | DATA_MODE_EXEC));
	assert_true(identity_marked(S_IFDIR | CARRIER_MODE));
	assert_false(identity_marked(S_IFREG | 0444));
	assert_false(identity_marked(S_IFDIR | 01777));
	assert_false(identity_marked(S_IFREG | 01644));
}

static void an_ordinary_file_has_no_identity(void **state)
{
	int fd = make_file();
	struct identity id;

	(void)state;
	requires_xattrs();
	assert_int_equal(identity_get_fd(fd, &id), -ENODATA);
	assert_int_equal(identity_get_path("/nonexistent", &id), -ENOENT);
	assert_int_equal(identity_get_fd(-1, &id), -EBADF);
	close(fd);
}

static void an_attribute_that_is_not_ours_is_refused(void **state)
{
	static const char *const others[] = {"", "lid1", "0123456789abcdef"};
	int fd = make_file();
	struct identity id;

	(void)state;
	requires_xattrs();
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(fsetxattr(fd, IDENTITY_XATTR, others[i], strlen(others[i]), 0), 0);
		assert_int_equal(identity_get_fd(fd, &id), -EBADMSG);
	}
	assert_int_equal(fsetxattr(fd, IDENTITY_XATTR, "0123456789abcdefg", 17, 0), 0);
	assert_int_equal(identity_get_fd(fd, &id), -ERANGE);
	close(fd);
}

static void what_is_recorded_is_read_again(void **state)
{
	struct meta m = {.etag = "\"abc\"", .validated = 1700000000, .ino = 77, .dev = 0x80001};
	struct meta back;
	char path[LAYOUT_PATH_MAX];
	int fd = make_file();
	struct identity id;

	(void)state;
	requires_xattrs();
	assert_int_equal(meta_write(fd, &m), 0);
	meta_read(fd, &back);
	assert_string_equal(back.etag, m.etag);
	assert_int_equal(back.validated, m.validated);
	assert_int_equal(back.ino, 77);
	assert_int_equal(back.dev, 0x80001);
	snprintf(path, sizeof path, "%s/file", cache_folder);
	assert_int_equal(identity_get_path(path, &id), 0);
	assert_int_equal(id.ino, 77);
	close(fd);
}

static void the_longest_etag_is_kept(void **state)
{
	struct meta m = {.validated = 1}, back;
	int fd = make_file();

	(void)state;
	requires_xattrs();
	memset(m.etag, 'e', META_ETAG_MAX);
	assert_int_equal(meta_write(fd, &m), 0);
	meta_read(fd, &back);
	assert_int_equal(strlen(back.etag), META_ETAG_MAX);
	close(fd);
}

static void a_time_of_validation_is_renewed_alone(void **state)
{
	struct meta m = {.etag = "\"abc\"", .validated = 1, .ino = 77}, back;
	int fd = make_file();

	(void)state;
	requires_xattrs();
	assert_int_equal(meta_write(fd, &m), 0);
	assert_int_equal(fchmod(fd, DATA_MODE), 0);
	assert_int_equal(meta_validated(fd, 1234567890123), 0);
	meta_read(fd, &back);
	assert_int_equal(back.validated, 1234567890123);
	assert_string_equal(back.etag, m.etag);
	close(fd);
}

static void what_is_not_recorded_is_unknown(void **state)
{
	struct meta m;
	int fd = make_file();

	(void)state;
	memset(&m, 0xff, sizeof m);
	meta_read(fd, &m);
	assert_string_equal(m.etag, "");
	assert_int_equal(m.validated, 0);
	assert_int_equal(m.ino, 0);
	close(fd);
	memset(&m, 0xff, sizeof m);
	meta_read(-1, &m);
	assert_string_equal(m.etag, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, cache_make, cache_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(an_inode_number_is_of_name_and_version),
	        TEST(an_inode_number_has_63_bits_and_is_not_0),
	        TEST(a_device_is_of_the_remote),
	        TEST(the_mark_is_sticky_and_not_writable),
	        TEST(an_ordinary_file_has_no_identity),
	        TEST(an_attribute_that_is_not_ours_is_refused),
	        TEST(what_is_recorded_is_read_again),
	        TEST(the_longest_etag_is_kept),
	        TEST(a_time_of_validation_is_renewed_alone),
	        TEST(what_is_not_recorded_is_unknown),
	};

	return cmocka_run_group_tests_name("identity", tests, NULL, NULL);
}
