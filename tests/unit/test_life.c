/* Which agents live: what a dead one left in tmp/ goes, what a living one has stays. */
#include "cache/life.h"
#include "cache/temp.h"
#include "tests/lib/cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <cmocka.h>

#define HASH 0xab40ab2903b45568

static int begin(void **state)
{
	return cache_make(state);
}

static unsigned count(void)
{
	char path[LAYOUT_PATH_MAX];
	struct dirent *e;
	unsigned n = 0;
	DIR *d;

	snprintf(path, sizeof path, "%s/tmp", cache_layout.location);
	d = opendir(path);
	while (d && (e = readdir(d)))
		n += e->d_name[0] != '.';
	if (d)
		closedir(d);
	return n;
}

static void pass(int64_t seconds)
{
	cache_layout.clock_ms += seconds * 1000;
}

/* Another agent, with a file on its way: on this host, or one whose processes we do not see. It
 * ends when it is told to. */
static pid_t start_agent(bool here, int *stop)
{
	int ends[2], ready[2];
	pid_t child;
	char c = 0;

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		struct temp t;

		close(ends[1]);
		layout_set_id(&cache_layout);
		if (!here)
			cache_layout.id[0] = cache_layout.id[0] == 'f' ? '0' : 'f';
		if (temp_create(&t, &cache_layout, HASH, 0, true) != 0 || !t.kept ||
		        write(ready[1], "y", 1) != 1 || read(ends[0], &c, 1) < 0)
			_exit(1);
		_exit(0);
	}
	close(ends[0]);
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	*stop = ends[1];
	return child;
}

static void end_agent(pid_t child, int stop)
{
	int status;

	close(stop);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void leave_orphan(bool here)
{
	int stop;
	pid_t child = start_agent(here, &stop);

	end_agent(child, stop);
}

static void what_a_dead_agent_left_is_removed_at_once(void **state)
{
	(void)state;
	leave_orphan(true);
	assert_int_equal(count(), 1);
	assert_int_equal(life_clean(&cache_layout), 1);
	assert_int_equal(count(), 0);
}

/* Also where its lock means nothing. */
static void of_this_host_on_a_network_too(void **state)
{
	(void)state;
	cache_layout.network = true;
	leave_orphan(true);
	assert_int_equal(life_clean(&cache_layout), 1);
}

static void of_another_host_its_lock_tells(void **state)
{
	int stop;
	pid_t child = start_agent(false, &stop);

	(void)state;
	pass(10 * LIFE_STALE_S);
	assert_int_equal(life_clean(&cache_layout), 0);
	assert_int_equal(count(), 1);
	end_agent(child, stop);
	assert_int_equal(life_clean(&cache_layout), 1);
}

static void on_a_network_a_free_lock_is_not_enough(void **state)
{
	(void)state;
	cache_layout.network = true;
	leave_orphan(false);
	assert_int_equal(life_clean(&cache_layout), 0);
	pass(LIFE_STALE_S / 2);
	assert_int_equal(life_clean(&cache_layout), 0);
	pass(LIFE_STALE_S);
	assert_int_equal(life_clean(&cache_layout), 1);
}

static void what_this_agent_has_is_left(void **state)
{
	struct temp t;

	(void)state;
	assert_int_equal(temp_create(&t, &cache_layout, HASH, 0, true), 0);
	pass(10 * LIFE_STALE_S);
	assert_int_equal(life_clean(&cache_layout), 0);
	life_beat(&cache_layout);
	assert_int_equal(life_clean(&cache_layout), 0);
	assert_int_equal(access(t.path, F_OK), 0);
	temp_release(&t);
}

static void a_life_that_was_removed_is_shown_again(void **state)
{
	char path[LAYOUT_PATH_MAX], owner[LAYOUT_OWNER_MAX];

	(void)state;
	life_show(&cache_layout);
	layout_owner(&cache_layout, owner);
	snprintf(path, sizeof path, "%s/tmp/.%s", cache_layout.location, owner);
	assert_int_equal(unlink(path), 0);
	life_beat(&cache_layout);
	assert_int_equal(access(path, F_OK), 0);
}

static void only_our_own_files_are_cleaned_away(void **state)
{
	static const char *const files[] = {"x", "x.y", "..x", "x..y", "file."};
	char path[LAYOUT_PATH_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		snprintf(path, sizeof path, "%s/tmp/%s", cache_layout.location, files[i]);
		close(open(path, O_WRONLY | O_CREAT, 0600));
	}
	snprintf(path, sizeof path, "%s/tmp/a.b.1-2.3", cache_layout.location);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof path, "%s/tmp/b.b.1-2.3", cache_layout.location);
	assert_int_equal(mkfifo(path, 0600), 0);
	snprintf(path, sizeof path, "%s/tmp/c.b.1-2.3", cache_layout.location);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	pass(10 * LIFE_STALE_S);
	assert_int_equal(life_clean(&cache_layout), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, cache_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(what_a_dead_agent_left_is_removed_at_once),
	        TEST(of_this_host_on_a_network_too),
	        TEST(of_another_host_its_lock_tells),
	        TEST(on_a_network_a_free_lock_is_not_enough),
	        TEST(what_this_agent_has_is_left),
	        TEST(a_life_that_was_removed_is_shown_again),
	        TEST(only_our_own_files_are_cleaned_away),
	};

	return cmocka_run_group_tests_name("life", tests, NULL, NULL);
}
