/* The lock of an object: it keeps other agents out, for as long as its holder lives. */
#include "cache/lock.h"
#include "tests/lib/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <cmocka.h>

#define HASH 0x123456789abcdef0

/* Two agents. */
static struct locks one, two;

static int set_up(void **state)
{
	int err = cache_make(state);

	locks_init(&one, &cache_layout);
	locks_init(&two, &cache_layout);
	return err;
}

static int tear_down(void **state)
{
	locks_release(&one);
	locks_release(&two);
	return cache_remove(state);
}

static void another_agent_is_kept_out(void **state)
{
	(void)state;
	assert_int_equal(lock_try(&one, HASH), 0);
	assert_int_equal(lock_try(&two, HASH), -EAGAIN);
	assert_int_equal(lock_try(&two, HASH), -EAGAIN);
}

static void a_dropped_lock_is_free(void **state)
{
	(void)state;
	assert_int_equal(lock_try(&one, HASH), 0);
	lock_drop(&one, HASH);
	assert_int_equal(lock_try(&two, HASH), 0);
	assert_int_equal(lock_try(&one, HASH), -EAGAIN);
}

static void a_lock_is_of_one_object(void **state)
{
	(void)state;
	assert_int_equal(lock_try(&one, HASH), 0);
	/* Another file, and another byte of the same file. */
	assert_int_equal(lock_try(&two, HASH + 1), 0);
	assert_int_equal(lock_try(&two, HASH + LOCK_FILES), 0);
	lock_drop(&two, HASH + LOCK_FILES);
	assert_int_equal(lock_try(&two, HASH), -EAGAIN);
}

static void locks_go_with_their_agent(void **state)
{
	(void)state;
	assert_int_equal(lock_try(&one, HASH), 0);
	assert_int_equal(lock_try(&one, HASH + 1), 0);
	locks_release(&one);
	assert_int_equal(lock_try(&two, HASH), 0);
	assert_int_equal(lock_try(&two, HASH + 1), 0);
}

static void locks_go_with_a_killed_agent(void **state)
{
	int ready[2], status;
	char c;
	pid_t child;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		int err = lock_try(&one, HASH);

		if (write(ready[1], err ? "n" : "y", 1) == 1)
			pause();
		_exit(1);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	assert_int_equal(c, 'y');
	assert_int_equal(lock_try(&two, HASH), -EAGAIN);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(lock_try(&two, HASH), 0);
	close(ready[0]);
	close(ready[1]);
}

static void every_hash_has_a_lock(void **state)
{
	(void)state;
	for (int i = 0; i < 2000; i++) {
		uint64_t hash = (uint64_t)random_below(UINT32_MAX) << 32 | random_below(UINT32_MAX);

		assert_int_equal(lock_try(&one, hash), 0);
		lock_drop(&one, hash);
	}
	assert_int_equal(lock_try(&one, 0), 0);
	assert_int_equal(lock_try(&one, UINT64_MAX), 0);
	assert_int_equal(lock_try(&two, UINT64_MAX), -EAGAIN);
}

static void dropping_what_is_not_held_is_harmless(void **state)
{
	(void)state;
	lock_drop(&one, HASH);
	assert_int_equal(lock_try(&one, HASH), 0);
	lock_drop(&two, HASH);
	assert_int_equal(lock_try(&two, HASH), -EAGAIN);
	lock_drop(&two, HASH);
	assert_int_equal(lock_try(&two, HASH), -EAGAIN);
}

static void a_missing_folder_is_made(void **state)
{
	char path[LAYOUT_PATH_MAX];

	(void)state;
	snprintf(path, sizeof path, "%s/locks", cache_layout.location);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(lock_try(&one, HASH), 0);
	assert_int_equal(lock_try(&two, HASH), -EAGAIN);
}

/* Somebody emptied the cache: who comes later makes another file. */
static void a_file_that_was_removed_is_opened_anew(void **state)
{
	char path[LAYOUT_PATH_MAX];

	(void)state;
	assert_int_equal(lock_try(&one, HASH), 0);
	lock_drop(&one, HASH);
	snprintf(path, sizeof path, "%s/locks/%02x", cache_layout.location,
	        (unsigned)(HASH % LOCK_FILES));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(lock_try(&two, HASH), 0);
	assert_int_equal(lock_try(&one, HASH), -EAGAIN);
}

static void without_files_a_host_has_locks_of_its_own(void **state)
{
	(void)state;
	/* Nothing can be made there. */
	close(cache_layout.location_fd);
	cache_layout.location_fd = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(lock_try(&one, HASH), 0);
	assert_int_equal(lock_try(&one, HASH), 0);
	assert_int_equal(lock_try(&two, HASH), -EAGAIN);
	assert_int_equal(lock_try(&two, HASH + 1), 0);
	lock_drop(&one, HASH);
	assert_int_equal(lock_try(&two, HASH), 0);
	assert_int_equal(lock_try(&one, HASH), -EAGAIN);
}

static void a_host_and_a_file_have_locks_of_their_own(void **state)
{
	int fd = -1, other = -1;

	(void)state;
	assert_int_equal(lock_host_try(&one, HASH), 0);
	assert_int_equal(lock_host_try(&one, HASH), 0);
	assert_int_equal(lock_host_try(&two, HASH), -EAGAIN);
	assert_int_equal(lock_file_try(&cache_layout, HASH, &fd), 0);
	assert_int_equal(lock_file_try(&cache_layout, HASH, &fd), 0);
	assert_int_equal(lock_file_try(&cache_layout, HASH, &other), -EAGAIN);
	assert_int_equal(lock_try(&two, HASH), -EAGAIN);
	close(fd);
	assert_int_equal(lock_file_try(&cache_layout, HASH, &other), 0);
	close(other);
	lock_host_drop(&one, HASH);
	assert_int_equal(lock_host_try(&two, HASH), 0);
}

static void addresses_have_a_limit(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < LOCK_HOST_MAX; i++)
		assert_int_equal(lock_host_try(&one, HASH + i), 0);
	assert_int_equal(lock_host_try(&one, HASH + LOCK_HOST_MAX), -ENOLCK);
	assert_int_equal(lock_host_try(&two, HASH), -EAGAIN);
	lock_host_drop(&one, HASH);
	assert_int_equal(lock_host_try(&one, HASH + LOCK_HOST_MAX), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(another_agent_is_kept_out),
	        TEST(a_dropped_lock_is_free),
	        TEST(a_lock_is_of_one_object),
	        TEST(locks_go_with_their_agent),
	        TEST(locks_go_with_a_killed_agent),
	        TEST(every_hash_has_a_lock),
	        TEST(dropping_what_is_not_held_is_harmless),
	        TEST(a_missing_folder_is_made),
	        TEST(a_file_that_was_removed_is_opened_anew),
	        TEST(without_files_a_host_has_locks_of_its_own),
	        TEST(a_host_and_a_file_have_locks_of_their_own),
	        TEST(addresses_have_a_limit),
	};

	return cmocka_run_group_tests_name("lock", tests, NULL, NULL);
}
