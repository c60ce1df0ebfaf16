/* The file store, on a small tree of its own: what it shows, hides, copies and refuses. */
#include "fetch/store.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <cmocka.h>

static char base[64], prefix[80];
static struct profile profile = {.name = "nfs", .prefix = prefix};
static struct store *store;
static struct object_info info;
static bool is_dir;
static char error[STORE_ERROR_MAX];

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* base/tree is the remote, base/secret lies beside it, and the working directory is in the tree. */
static int set_up(void **state)
{
	(void)state;
	const char *tmp = getenv("TMPDIR");

	snprintf(base, sizeof(base), "%s/larder-XXXXXX", tmp && strlen(tmp) < 40 ? tmp : "/tmp");
	if (!mkdtemp(base) || chdir(base) || mkdir("tree", 0755))
		return -1;
	put("secret", "secret");
	snprintf(prefix, sizeof(prefix), "%s/tree/", base + 1);
	return chdir("tree") || store_file.open(&store, NULL, &profile, error);
}

static int tear_down(void **state)
{
	(void)state;
	char command[200];

	store_file.close(store);
	snprintf(command, sizeof(command), "chmod -R u+rwx %s; rm -rf %s", base, base);
	return chdir("/") || system(command);
}

static int look_up(const char *key)
{
	error[0] = '\0';
	return store_file.stat(store, key, &info, &is_dir, error);
}

/* Copies to an unlinked file; what arrived is in `copied`. */
static char copied[64];
static uint64_t progress;

static int copy(const char *key)
{
	char name[] = "../out-XXXXXX";
	int fd = mkstemp(name);

	unlink(name);
	memset(copied, 0, sizeof(copied));
	progress = UINT64_MAX;
	int r = store_file.copy(store, key, fd, &info, &progress, error);
	assert_true(pread(fd, copied, sizeof(copied) - 1, 0) >= 0);
	close(fd);
	return r;
}

/* A listing as text, in order of the names; the last ETag seen is kept. */
struct names {
	char *sorted[32];
	size_t n;
	char etag[STORE_ETAG_MAX + 1];
};

static int take(void *arg, const struct store_entry *e)
{
	struct names *names = arg;

	assert_true(names->n < 32);
	assert_true(asprintf(&names->sorted[names->n++], "%.*s%s", (int)e->name_len, e->name,
	                    e->is_dir ? "/" : "") > 0);
	strcpy(names->etag, e->info->etag);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void assert_names(const char *dir, const char *want)
{
	struct names names = {.n = 0};
	char got[400] = "";

	assert_int_equal(store_file.list(store, dir, take, &names, error), 0);
	qsort(names.sorted, names.n, sizeof(names.sorted[0]), by_name);
	for (size_t i = 0; i < names.n; i++) {
		strcat(strcat(got, names.sorted[i]), " ");
		free(names.sorted[i]);
	}
	assert_string_equal(got, want);
}

static void stat_shows_size_mtime_and_mode(void **state)
{
	(void)state;
	put("a", "hello");
	const struct timespec times[2] = {
	        {.tv_sec = 5}, {.tv_sec = 1000000000, .tv_nsec = 999999999}};
	assert_int_equal(utimensat(AT_FDCWD, "a", times, 0), 0);
	assert_int_equal(look_up("a"), 0);
	assert_false(is_dir);
	assert_int_equal(info.size, 5);
	assert_int_equal(info.mtime, 1000000000);
	assert_false(info.executable);
	chmod("a", 0755);
	assert_int_equal(look_up("a"), 0);
	assert_true(info.executable);
}

static void directories_are_told_apart(void **state)
{
	(void)state;
	mkdir("d", 0755);
	assert_int_equal(look_up("d"), 0);
	assert_true(is_dir);
	assert_int_equal(info.mtime, STORE_MTIME_DIR);
	is_dir = false;
	assert_int_equal(look_up(""), 0);
	assert_true(is_dir);
	assert_int_equal(copy("d"), -EISDIR);
}

static void absent_keys_are_enoent(void **state)
{
	(void)state;
	put("a", "x");
	assert_int_equal(look_up("b"), -ENOENT);
	assert_non_null(strstr(error, "/tree/b: No such file or directory; "));
	assert_int_equal(look_up("a/b"), -ENOENT);
	assert_int_equal(copy("b"), -ENOENT);
	assert_int_equal(store_file.list(store, "b/", take, NULL, error), -ENOENT);
	assert_int_equal(store_file.list(store, "a/", take, NULL, error), -ENOENT);
}

static void keys_cannot_leave_the_tree(void **state)
{
	(void)state;
	static const char *const bad[] = {
	        "../secret", "a/../../secret", "..", ".", "/etc/passwd", "a//b"};
	mkdir("a", 0755);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(look_up(bad[i]), -ENOENT);
		assert_int_equal(copy(bad[i]), -ENOENT);
	}
	assert_int_equal(store_file.list(store, "../", take, NULL, error), -ENOENT);
	assert_int_equal(store_file.list(store, "/", take, NULL, error), -ENOENT);
}

static void make_links(void)
{
	mkdir("d", 0755);
	put("d/file", "inside");
	assert_int_equal(symlink("d/file", "in"), 0);
	assert_int_equal(symlink("d", "dir"), 0);
	assert_int_equal(symlink("../secret", "out"), 0);
	assert_int_equal(symlink("..", "up"), 0);
	assert_int_equal(symlink("/etc/passwd", "absolute"), 0);
	assert_int_equal(symlink("loop", "loop"), 0);
	assert_int_equal(symlink("nothing", "dangling"), 0);
}

static void assert_links(void)
{
	assert_int_equal(look_up("in"), 0);
	assert_int_equal(info.size, 6);
	assert_int_equal(copy("dir/file"), 0);
	assert_string_equal(copied, "inside");
	assert_int_equal(look_up("out"), -ENOENT);
	assert_int_equal(copy("out"), -ENOENT);
	assert_int_equal(copy("up/secret"), -ENOENT);
	assert_int_equal(look_up("absolute"), -ENOENT);
	assert_int_equal(look_up("loop"), -ENOENT);
	assert_int_equal(look_up("dangling"), -ENOENT);
	assert_names("", "d/ dir/ in ");
	assert_names("dir/", "file ");
}

static void links_are_followed_within_the_tree_only(void **state)
{
	(void)state;
	make_links();
	assert_links();
}

/* Makes openat2 fail with ENOSYS, as before Linux 5.6. */
static bool forbid_openat2(void)
{
	struct sock_filter code[] = {
	        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
	        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
	        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = sizeof(code) / sizeof(code[0]), .filter = code};

	return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
	       !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static void older_kernels_follow_the_same_links(void **state)
{
	(void)state;
	int status;

	make_links();
	pid_t child = fork();
	if (!child) {
		if (!forbid_openat2())
			_exit(77);
		assert_links();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip(); /* no seccomp filters here */
	assert_int_equal(status, 0);
}

static void link_to_a_folder_above_is_not_listed(void **state)
{
	(void)state;
	mkdir("d", 0755);
	mkdir("e", 0755);
	assert_int_equal(symlink(".", "self"), 0);
	assert_int_equal(symlink("..", "d/up"), 0);
	assert_int_equal(symlink("../e", "d/e"), 0);
	assert_int_equal(symlink("../d", "e/d"), 0);
	assert_names("", "d/ e/ ");
	assert_names("d/", "e/ ");
	assert_names("d/e/", "");
}

static void fifo_is_hidden_and_does_not_hang(void **state)
{
	(void)state;
	assert_int_equal(mkfifo("fifo", 0644), 0);
	assert_int_equal(symlink("fifo", "link"), 0);
	assert_int_equal(look_up("fifo"), -ENOENT);
	assert_int_equal(copy("fifo"), -ENOENT);
	assert_int_equal(copy("link"), -ENOENT);
	assert_non_null(strstr(error, "neither a file nor a folder"));
	assert_int_equal(store_file.list(store, "fifo/", take, NULL, error), -ENOENT);
	assert_names("", "");
}

static void etag_is_the_same_from_stat_list_and_copy(void **state)
{
	(void)state;
	struct names names = {.n = 0};
	char etag[STORE_ETAG_MAX + 1];

	put("a", "hello");
	assert_int_equal(look_up("a"), 0);
	assert_true(info.etag[0] == '"');
	strcpy(etag, info.etag);
	assert_int_equal(copy("a"), 0);
	assert_string_equal(info.etag, etag);
	assert_int_equal(store_file.list(store, "", take, &names, error), 0);
	free(names.sorted[0]);
	assert_string_equal(names.etag, etag);
}

static void etag_changes_with_the_content(void **state)
{
	(void)state;
	char etag[STORE_ETAG_MAX + 1];

	put("a", "hello");
	look_up("a");
	strcpy(etag, info.etag);
	put("b", "HELLO");
	assert_int_equal(rename("b", "a"), 0);
	look_up("a");
	assert_string_not_equal(info.etag, etag);
}

static void copy_is_whole_and_reports_progress(void **state)
{
	(void)state;
	put("a", "hello");
	assert_int_equal(copy("a"), 0);
	assert_string_equal(copied, "hello");
	assert_int_equal(info.size, 5);
	assert_int_equal(progress, 5);
}

static void empty_file_is_copied(void **state)
{
	(void)state;
	put("a", "");
	assert_int_equal(copy("a"), 0);
	assert_int_equal(info.size, 0);
	assert_int_equal(progress, 0);
}

/* An O_APPEND descriptor is one of the things that copy_file_range refuses. */
static void copy_goes_on_where_copy_file_range_cannot(void **state)
{
	(void)state;
	char got[8] = "";

	put("a", "hello");
	int fd = open("../out", O_RDWR | O_CREAT | O_APPEND, 0600);
	assert_int_equal(store_file.copy(store, "a", fd, &info, &progress, error), 0);
	assert_int_equal(pread(fd, got, sizeof(got), 0), 5);
	assert_string_equal(got, "hello");
	close(fd);
}

static void failing_write_names_the_cache(void **state)
{
	(void)state;
	put("a", "hello");
	int fd = open("/dev/full", O_WRONLY);
	if (fd < 0)
		skip();
	assert_int_equal(store_file.copy(store, "a", fd, &info, &progress, error), -ENOSPC);
	assert_non_null(strstr(error, "cannot write the copy of"));
	assert_non_null(strstr(error, "cache's disk"));
	close(fd);
}

/* The copy's target is the file itself, which the copy thereby changes. */
static void change_during_the_copy_is_estale(void **state)
{
	(void)state;
	put("a", "hello");
	const struct timespec times[2] = {{.tv_sec = 5}, {.tv_sec = 6}};
	assert_int_equal(utimensat(AT_FDCWD, "a", times, 0), 0);
	int fd = open("a", O_RDWR);
	assert_int_equal(store_file.copy(store, "a", fd, &info, &progress, error), -ESTALE);
	assert_non_null(strstr(error, "changed while it was read; "));
	close(fd);
}

static void unreadable_file_is_eacces(void **state)
{
	(void)state;
	if (!geteuid())
		skip(); /* root may read everything */
	put("a", "hello");
	chmod("a", 0);
	assert_int_equal(look_up("a"), 0);
	assert_int_equal(copy("a"), -EACCES);
	assert_non_null(strstr(error, "; "));
}

static void absent_remote_is_eio_and_not_enoent(void **state)
{
	(void)state;
	struct profile gone = {.name = "gone", .prefix = "nonexistent-larder-remote/"};
	struct store *s = NULL;

	assert_int_equal(store_file.open(&s, NULL, &gone, error), 0);
	assert_int_equal(store_file.stat(s, "a", &info, &is_dir, error), -EIO);
	assert_non_null(strstr(error, "mounted"));
	store_file.close(s);
}

static void names_with_odd_bytes_are_kept(void **state)
{
	(void)state;
	put("a\tb\n\xff", "x");
	assert_names("", "a\tb\n\xff ");
	assert_int_equal(look_up("a\tb\n\xff"), 0);
	assert_int_equal(look_up("a\nb"), -ENOENT);
	assert_null(strchr(error, '\n'));
}

static int stop(void *arg, const struct store_entry *e)
{
	(void)arg, (void)e;
	return -E2BIG;
}

static void callback_ends_the_listing(void **state)
{
	(void)state;
	put("a", "x");
	assert_int_equal(store_file.list(store, "", stop, NULL, error), -E2BIG);
	assert_string_equal(error, "");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(stat_shows_size_mtime_and_mode),
	        TEST(directories_are_told_apart),
	        TEST(absent_keys_are_enoent),
	        TEST(keys_cannot_leave_the_tree),
	        TEST(links_are_followed_within_the_tree_only),
	        TEST(older_kernels_follow_the_same_links),
	        TEST(link_to_a_folder_above_is_not_listed),
	        TEST(fifo_is_hidden_and_does_not_hang),
	        TEST(etag_is_the_same_from_stat_list_and_copy),
	        TEST(etag_changes_with_the_content),
	        TEST(copy_is_whole_and_reports_progress),
	        TEST(empty_file_is_copied),
	        TEST(copy_goes_on_where_copy_file_range_cannot),
	        TEST(failing_write_names_the_cache),
	        TEST(change_during_the_copy_is_estale),
	        TEST(unreadable_file_is_eacces),
	        TEST(absent_remote_is_eio_and_not_enoent),
	        TEST(names_with_odd_bytes_are_kept),
	        TEST(callback_ends_the_listing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
