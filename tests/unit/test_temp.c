/* A file on its way into the cache: from its creation to its place, or to nothing. */
#include "cache/temp.h"
#include "cache/read/hash.h"
#include "cache/read/identity.h"
#include "tests/lib/cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define HASH 0xab40ab2903b45568

static int64_t replaced;
static const struct meta meta = {
        .etag = "\"abc\"", .validated = 1700000000, .ino = 77, .dev = 0x80001};

static int begin(void **state)
{
	(void)state;
	cache_layout.writable = true;
	return 0;
}

static unsigned count(const char *name)
{
	char path[LAYOUT_PATH_MAX];
	struct dirent *e;
	unsigned n = 0;
	DIR *d;

	snprintf(path, sizeof path, "%s/%s", cache_layout.location, name);
	d = opendir(path);
	assert_non_null(d);
	while ((e = readdir(d)))
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

static const char *data(const char *name)
{
	static char path[LAYOUT_PATH_MAX];

	assert_int_equal(layout_data(&cache_layout, path, cache_rel(name)), 0);
	return path;
}

static void assert_holds(int fd, const char *text)
{
	char got[64] = "";

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, got, sizeof got - 1, 0), strlen(text));
	assert_string_equal(got, text);
}

static void assert_object(const char *name, const char *text)
{
	int fd = open(data(name), O_RDONLY | O_NOFOLLOW);

	assert_holds(fd, text);
	close(fd);
}

/* Created, written and sealed. */
static struct temp make(const char *text, bool keep)
{
	struct temp t;
	struct stat st;

	assert_int_equal(temp_create(&t, &cache_layout, HASH, strlen(text), keep), 0);
	assert_int_equal(pwrite(t.fd, text, strlen(text), 0), strlen(text));
	assert_int_equal(temp_seal(&t, &cache_layout, &meta, 1600000000, false, &st), 0);
	assert_int_equal(st.st_size, strlen(text));
	return t;
}

static int publish(const char *name, const char *text)
{
	struct temp t = make(text, true);
	int err = temp_publish(&t, &cache_layout, cache_rel(name), meta.validated, &replaced);

	temp_release(&t);
	assert_int_equal(count("tmp"), 0);
	return err;
}

static void a_kept_file_is_named_by_its_object(void **state)
{
	struct temp t, again;
	char hex[HASH_HEX_LEN + 1];

	(void)state;
	assert_int_equal(temp_create(&t, &cache_layout, HASH, 0, true), 0);
	assert_true(t.kept);
	hash_hex(HASH, hex);
	assert_non_null(strstr(t.path, hex));
	assert_int_equal(access(t.path, F_OK), 0);
	assert_int_equal(temp_create(&again, &cache_layout, HASH, 0, true), 0);
	assert_string_not_equal(t.path, again.path);
	temp_release(&t);
	temp_release(&again);
}

static void what_is_not_published_goes(void **state)
{
	struct temp t = make("x", true);

	(void)state;
	assert_int_equal(count("tmp"), 1);
	temp_release(&t);
	assert_int_equal(count("tmp"), 0);
	assert_int_equal(t.fd, -1);
}

static void an_unkept_file_has_no_name(void **state)
{
	struct temp t = make("x", false);
	int fd = temp_open(&t);

	(void)state;
	assert_false(t.kept);
	assert_string_equal(t.path, "");
	assert_int_equal(count("tmp"), 0);
	assert_holds(fd, "x");
	assert_int_equal(temp_publish(&t, &cache_layout, cache_rel("x"), meta.validated, &replaced),
	        -EINVAL);
	close(fd);
	temp_release(&t);
}

static void without_a_cache_nothing_is_kept(void **state)
{
	struct temp t;

	(void)state;
	cache_layout.writable = false;
	t = make("x", true);
	assert_false(t.kept);
	assert_int_equal(count("tmp"), 0);
	temp_release(&t);
}

static void a_reader_has_an_offset_of_its_own_and_cannot_write(void **state)
{
	struct temp t = make("hello", true);
	int one = temp_open(&t), two = temp_open(&t);
	char c;

	(void)state;
	assert_true(one >= 0 && two >= 0);
	assert_int_equal(read(one, &c, 1), 1);
	assert_int_equal(read(two, &c, 1), 1);
	assert_int_equal(c, 'h');
	assert_int_equal(write(one, "x", 1), -1);
	assert_int_equal(fcntl(one, F_GETFD), FD_CLOEXEC);
	close(one);
	close(two);
	temp_release(&t);
}

static void a_sealed_file_has_its_times_mode_and_marks(void **state)
{
	struct temp t;
	struct identity id;
	struct stat st;
	struct meta back;

	(void)state;
	for (int executable = 0; executable < 2; executable++) {
		assert_int_equal(temp_create(&t, &cache_layout, HASH, 0, true), 0);
		assert_int_equal(
		        temp_seal(&t, &cache_layout, &meta, 1600000000, executable, &st), 0);
		assert_int_equal(st.st_mode, S_IFREG | (executable ? 01555 : 01444));
		assert_int_equal(st.st_mtim.tv_sec, 1600000000);
		assert_int_equal(st.st_mtim.tv_nsec, 0);
		if (cache_layout.xattrs) {
			assert_int_equal(identity_get_fd(t.fd, &id), 0);
			assert_int_equal(id.ino, 77);
			meta_read(t.fd, &back);
			assert_string_equal(back.etag, "\"abc\"");
		}
		temp_release(&t);
	}
}

static void times_before_1970_are_kept(void **state)
{
	struct temp t;
	struct stat st;

	(void)state;
	assert_int_equal(temp_create(&t, &cache_layout, HASH, 0, true), 0);
	assert_int_equal(temp_seal(&t, &cache_layout, &meta, -1000, false, &st), 0);
	assert_int_equal(st.st_mtim.tv_sec, -1000);
	temp_release(&t);
}

static void a_published_object_is_in_its_place(void **state)
{
	(void)state;
	assert_int_equal(publish("a/b/c", "object"), 0);
	assert_object("a/b/c", "object");
	assert_int_equal(publish("top", "object"), 0);
	assert_object("top", "object");
}

static void a_newer_object_takes_the_place_and_readers_keep_the_old(void **state)
{
	int fd;

	(void)state;
	assert_int_equal(publish("new", "old"), 0);
	fd = open(data("new"), O_RDONLY);
	assert_int_equal(publish("new", "newer"), 0);
	assert_object("new", "newer");
	assert_holds(fd, "old");
	close(fd);
}

static void with_a_grace_a_replaced_object_is_in_the_trash(void **state)
{
	(void)state;
	cache_layout.grace = 60000;
	assert_int_equal(publish("kept", "old"), 0);
	assert_int_equal(count("trash"), 0);
	assert_int_equal(publish("kept", "newer"), 0);
	assert_object("kept", "newer");
	assert_int_equal(count("trash"), 1);
	assert_int_equal(publish("kept/inner", "below"), 0);
	assert_object("kept/inner", "below");
	assert_int_equal(count("trash"), 2);
	cache_layout.grace = 0;
}

static void it_is_served_after_it_was_published(void **state)
{
	struct temp t = make("x", true);
	int fd;

	(void)state;
	assert_int_equal(
	        temp_publish(&t, &cache_layout, cache_rel("served"), meta.validated, &replaced), 0);
	fd = temp_open(&t);
	assert_holds(fd, "x");
	close(fd);
	temp_release(&t);
	assert_object("served", "x");
}

static void a_directory_in_the_way_stays(void **state)
{
	(void)state;
	assert_int_equal(publish("dir/b", "inner"), 0);
	assert_int_equal(publish("dir", "outer"), -EISDIR);
	assert_object("dir/b", "inner");
}

static void an_object_in_the_way_of_a_folder_goes(void **state)
{
	(void)state;
	assert_int_equal(publish("way", "outer"), 0);
	assert_int_equal(publish("way/b/c", "inner"), 0);
	assert_object("way/b/c", "inner");
}

static void folders_that_went_are_made_again(void **state)
{
	(void)state;
	assert_int_equal(publish("went/b/c", "x"), 0);
	assert_int_equal(unlink(data("went/b/c")), 0);
	assert_int_equal(rmdir(data("went/b")), 0);
	assert_int_equal(publish("went/b/c", "again"), 0);
	assert_object("went/b/c", "again");
}

/* An agent that was stopped for long must not undo what others did meanwhile. */
static void an_older_one_does_not_replace_a_newer_one(void **state)
{
	struct temp t;

	(void)state;
	assert_int_equal(publish("late", "newer"), 0);
	t = make("older", true);
	assert_int_equal(
	        temp_publish(&t, &cache_layout, cache_rel("late"), meta.validated - 1, &replaced),
	        -EEXIST);
	assert_true(t.kept);
	temp_release(&t);
	assert_object("late", "newer");
	t = make("as old", true);
	assert_int_equal(
	        temp_publish(&t, &cache_layout, cache_rel("late"), meta.validated, &replaced), 0);
	temp_release(&t);
	assert_object("late", "as old");
}

static void a_strange_file_is_replaced(void **state)
{
	FILE *f;

	(void)state;
	assert_int_equal(publish("strange/x", "x"), 0);
	f = fopen(data("strange/y"), "w");
	assert_non_null(f);
	fclose(f);
	assert_int_equal(symlink("x", data("strange/z")), 0);
	assert_int_equal(publish("strange/y", "object"), 0);
	assert_int_equal(publish("strange/z", "object"), 0);
	assert_object("strange/y", "object");
	assert_object("strange/z", "object");
	assert_object("strange/x", "x");
}

static void growth_is_seen(void **state)
{
	struct temp t;
	uint64_t none = temp_mark(&cache_layout, HASH), empty, full;

	(void)state;
	assert_int_equal(none, 0);
	assert_int_equal(temp_create(&t, &cache_layout, HASH, 0, true), 0);
	empty = temp_mark(&cache_layout, HASH);
	assert_int_not_equal(empty, none);
	assert_int_equal(temp_mark(&cache_layout, HASH + 1), 0);
	assert_int_equal(pwrite(t.fd, "x", 1, 100000), 1);
	full = temp_mark(&cache_layout, HASH);
	assert_int_not_equal(full, empty);
	assert_int_equal(temp_mark(&cache_layout, HASH), full);
	temp_release(&t);
}

/* One cache for all: a process says once that it lives. */
#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_kept_file_is_named_by_its_object),
	        TEST(what_is_not_published_goes),
	        TEST(an_unkept_file_has_no_name),
	        TEST(without_a_cache_nothing_is_kept),
	        TEST(a_reader_has_an_offset_of_its_own_and_cannot_write),
	        TEST(a_sealed_file_has_its_times_mode_and_marks),
	        TEST(times_before_1970_are_kept),
	        TEST(a_published_object_is_in_its_place),
	        TEST(a_newer_object_takes_the_place_and_readers_keep_the_old),
	        TEST(with_a_grace_a_replaced_object_is_in_the_trash),
	        TEST(it_is_served_after_it_was_published),
	        TEST(a_directory_in_the_way_stays),
	        TEST(an_object_in_the_way_of_a_folder_goes),
	        TEST(folders_that_went_are_made_again),
	        TEST(an_older_one_does_not_replace_a_newer_one),
	        TEST(a_strange_file_is_replaced),
	        TEST(growth_is_seen),
	};

	return cmocka_run_group_tests_name("temp", tests, cache_make, cache_remove);
}
