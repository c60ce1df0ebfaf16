/*
 * The shim's resolver: which paths are ours, by every way in which they can be spelled.
 *
 * The configuration comes from a file that LARDER_CONFIG names. What is a directory is told by the
 * names: in these remotes, "dir…" is one, "none…" does not exist, and anything else is a file.
 *
 * Long, since every spelling is a line, and all share the one configuration.
 */
#include "shim/exec.h"
#include "cache/read/above.h"
#include "tests/lib/cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <linux/seccomp.h>
#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { IMAGES, DEEP, WEB };

static char folder[128];

/* -- What the resolver asks of the rest of the shim -- */

int view_find(const struct place *p, struct view *v)
{
	const char *name = strrchr(p->rel, '/');

	memset(v, 0, sizeof *v);
	if (name && strncmp(name, "/none", 5) == 0)
		return -ENOENT;
	v->type = !name || strncmp(name, "/dir", 4) == 0 ? LISTING_DIR : LISTING_FILE;
	return 0;
}

long fd_path(int fd, char *out, size_t size)
{
	char link[64];
	long n;

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	n = sys_readlink(link, out, size);
	if (n >= (long)size)
		return -ENAMETOOLONG;
	if (n >= 0)
		out[n] = 0;
	return n;
}

long fd_rel(int fd, char *out, size_t size)
{
	long n = fd_path(fd, out, size);

	if (n < 0)
		return n;
	if ((size_t)n <= shim.carriers_len || memcmp(out, shim.carriers, shim.carriers_len) != 0)
		return -ENOTDIR;
	n -= (long)shim.carriers_len;
	memmove(out, out + shim.carriers_len, (size_t)n + 1);
	return n;
}

/* Nothing is inherited here. */
bool fd_settle(void)
{
	shim.dirs_open = DIRS_NONE;
	return false;
}

void trace_setup(const char *wanted)
{
	(void)wanted;
}

void trace_note_ours(void)
{
}

/* -- Set-up -- */

/* [shim] keep_preload is not set in any of these. */
void keep_init(char *const *env)
{
	(void)env;
	fail();
}

static void load(const char *text)
{
	char path[160];
	FILE *f;

	snprintf(path, sizeof path, "%s/larder.ini", folder);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "[cache]\nlocation = %s/cache\n%s", folder, text);
	fclose(f);
	setenv("LARDER_CONFIG", path, 1);
	memset(&shim, 0, sizeof shim);
	shim_init();
}

static int set_up(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	snprintf(folder, sizeof folder, "%s/larder-test.XXXXXX",
	        tmp && strlen(tmp) < 64 ? tmp : "/tmp");
	if (!mkdtemp(folder) || chdir(folder))
		return -1;
	/* As the kernel knows it. */
	if (!getcwd(folder, sizeof folder))
		return -1;
	setenv("XDG_RUNTIME_DIR", folder, 1);
	return 0;
}

/* Before each test: a good configuration, and an ordinary working directory. */
static int begin(void **state)
{
	(void)state;
	load("[profile images]\nremote = s3://bucket/images\npath = /srv/imagenet\n"
	     "[profile deep]\nremote = https://host/files/\npath = /mnt/a/b\n"
	     "[profile web]\nremote = https://other/x\n");
	assert_int_equal(shim.broken, 0);
	return chdir(folder);
}

static int tear_down(void **state)
{
	(void)state;
	snprintf(cache_folder, sizeof cache_folder, "%s", folder);
	cache_layout.location_fd = -1;
	return chdir("/") || cache_remove(state);
}

static const char *in_folder(const char *path)
{
	static char out[PATH_MAX];

	snprintf(out, sizeof out, "%s/%s", folder, path);
	return out;
}

/* -- Assertions; each looks first whether the quick question lets the path through -- */

static bool passes(int dirfd, const char *path)
{
	return ours_at(dirfd, path) || ours_bent(path);
}

static void assert_ours_at(int dirfd, const char *path, int profile, const char *rest)
{
	const struct profile *wanted = &shim.config.profiles[profile];

	PLACE(p, dirfd, path);
	if (!passes(dirfd, path) || p.kind != PLACE_OURS)
		fail_msg("%s: kind %d, error %d", path, p.kind, p.error);
	assert_ptr_equal(p.profile, wanted);
	assert_memory_equal(p.rel, wanted->dir, wanted->dir_len);
	assert_string_equal(p.rel + wanted->dir_len, rest);
	assert_int_equal(strlen(p.rel), p.rel_len);
}

static void assert_ours(const char *path, int profile, const char *rest)
{
	assert_ours_at(AT_FDCWD, path, profile, rest);
}

static void assert_real(const char *path)
{
	PLACE(p, AT_FDCWD, path);
	if (p.kind != PLACE_REAL)
		fail_msg("%s: kind %d, error %d, %s", path, p.kind, p.error, p.rel);
}

static void assert_error(const char *path, int error)
{
	PLACE(p, AT_FDCWD, path);
	if (!passes(AT_FDCWD, path) || p.kind != PLACE_ERROR || p.error != error)
		fail_msg("%s: kind %d, error %d", path, p.kind, p.error);
}

static void assert_dir_wanted(const char *path, bool wanted)
{
	PLACE(p, AT_FDCWD, path);
	if (p.must_be_dir != wanted)
		fail_msg("%s: must_be_dir is %d", path, p.must_be_dir);
}

/* A profile that the URL has by itself; its key as rest. */
static void assert_own(const char *path, const char *name, const char *rest)
{
	char head[64];

	PLACE(p, AT_FDCWD, path);
	if (!passes(AT_FDCWD, path) || p.kind != PLACE_OURS)
		fail_msg("%s: kind %d, error %d", path, p.kind, p.error);
	assert_ptr_equal(p.profile, &p.own->profile);
	snprintf(head, sizeof head, "%s~", name);
	assert_memory_equal(p.rel, head, strlen(head));
	assert_string_equal(p.rel + strcspn(p.rel, "/"), rest);
}

static void assert_bucket(const char *path, const char *bucket, const char *rest)
{
	char name[64];

	snprintf(name, sizeof name, "s3=%s", bucket);
	assert_own(path, name, rest);
}

/* -- Prefixes -- */

static void a_path_in_a_prefix_is_ours(void **state)
{
	(void)state;
	assert_ours("/srv/imagenet", IMAGES, "");
	assert_ours("/srv/imagenet/x", IMAGES, "/x");
	assert_ours("/srv/imagenet/train/a b/ü.jpg", IMAGES, "/train/a b/ü.jpg");
	assert_ours("/mnt/a/b/c", DEEP, "/c");
}

static void a_prefix_ends_at_a_slash(void **state)
{
	static const char *const others[] = {"/srv/imagenetX", "/srv/imagenetX/x", "/srv/imagene",
	        "/srv/imagenet.d/x", "/srv/imagenet-2", "/srv/imagene/t", "/mnt/ab",
	        "/Srv/imagenet/x", "/srv2/imagenet", "/srvimagenet", "/d", "/"};

	(void)state;
	for (size_t i = 0; i < COUNT(others); i++)
		assert_real(others[i]);
}

/* /srv and /mnt are on every disk, /mnt/a is not. */
static void what_is_above_a_prefix_is_real_if_the_disk_has_it(void **state)
{
	static const char *const above[] = {"/srv", "/mnt", "/srv/", "/mnt/.", "//mnt", "/"};
	static const char *const beside[] = {"/sr", "/mnt/b", "/srv/x", "/srv/x/y"};

	(void)state;
	for (size_t i = 0; i < COUNT(above); i++) {
		PLACE(p, AT_FDCWD, above[i]);
		assert_int_equal(p.kind, PLACE_REAL);
		assert_true(p.above);
	}
	for (size_t i = 0; i < COUNT(beside); i++) {
		PLACE(p, AT_FDCWD, beside[i]);
		assert_int_equal(p.kind, PLACE_REAL);
		assert_false(p.above);
	}
}

static void what_is_above_a_prefix_is_ours_if_the_disk_has_it_not(void **state)
{
	static const char *const paths[][2] = {{"/mnt/a", "/mnt/a"}, {"/mnt/./a/", "/mnt/a"},
	        {"/mnt/a/c", "/mnt/a/c"}, {"/mnt/a/bc/d", "/mnt/a/bc/d"}, {"/mnt/a/b/..", "/mnt/a"},
	        {"/mnt/a/b/../x", "/mnt/a/x"}};
	char path[PATH_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(paths); i++) {
		PLACE(p, AT_FDCWD, paths[i][0]);
		assert_int_equal(p.kind, PLACE_OURS);
		assert_ptr_equal(p.profile, &above_profile);
		assert_string_equal(above_path(p.rel), paths[i][1]);
		assert_int_equal(place_path(p.rel, path, sizeof path), strlen(paths[i][1]));
		assert_string_equal(path, paths[i][1]);
	}
}

static void slashes_and_dots_are_put_in_order(void **state)
{
	(void)state;
	assert_ours("//srv//imagenet///x", IMAGES, "/x");
	assert_ours("/srv/./imagenet/././x", IMAGES, "/x");
	assert_ours("/./srv/imagenet/.", IMAGES, "");
	assert_ours("/srv/imagenet//", IMAGES, "");
	assert_ours("/srv/imagenet/x/", IMAGES, "/x");
	assert_ours("/srv/imagenet/.hidden/..x/x..", IMAGES, "/.hidden/..x/x..");
	assert_ours("/srv/imagenet/...", IMAGES, "/...");
}

static void an_end_that_wants_a_directory_is_noted(void **state)
{
	(void)state;
	assert_dir_wanted("/srv/imagenet/x", false);
	assert_dir_wanted("/srv/imagenet/x/", true);
	assert_dir_wanted("/srv/imagenet/x//", true);
	assert_dir_wanted("/srv/imagenet/x/.", true);
	assert_dir_wanted("/srv/imagenet/dir/..", true);
	assert_dir_wanted("/srv/imagenet/dir/../x", false);
	assert_dir_wanted("/srv/imagenet/.x", false);
}

/* -- Climbing -- */

static void climbing_into_a_prefix(void **state)
{
	(void)state;
	assert_ours("/../srv/imagenet/x", IMAGES, "/x");
	assert_ours("/tmp/../srv/imagenet/x", IMAGES, "/x");
	assert_ours("/usr/lib/../../srv/imagenet/x", IMAGES, "/x");
	assert_ours("/mnt/a/b/../../../srv/imagenet/x", IMAGES, "/x");
}

static void climbing_within_a_prefix_goes_through_directories(void **state)
{
	(void)state;
	assert_ours("/srv/imagenet/dir/../x", IMAGES, "/x");
	assert_ours("/srv/imagenet/dir1/dir2/../../x", IMAGES, "/x");
	assert_error("/srv/imagenet/file/../x", -ENOTDIR);
	assert_error("/srv/imagenet/none/../x", -ENOENT);
	assert_error("/srv/imagenet/file/..", -ENOTDIR);
}

static void climbing_out_of_a_prefix_is_real(void **state)
{
	(void)state;
	assert_real("/srv/imagenet/..");
	assert_real("/srv/imagenet/../../tmp");
	assert_real("/srv/imagenet/dir/../../imagenetX");
	assert_real("/srv/imagenet/../imagenetX");
}

/* -- Relative paths -- */

static void relative_from_above(void **state)
{
	(void)state;
	assert_int_equal(chdir("/"), 0);
	assert_ours("srv/imagenet/x", IMAGES, "/x");
	assert_ours("./srv/./imagenet/x", IMAGES, "/x");
	assert_ours("./mnt//a/b", DEEP, "");
	assert_real("imagenet/x");
	assert_real("srv");
	assert_real("srv/imagenetX");
}

static void relative_by_climbing(void **state)
{
	char path[PATH_MAX] = "";

	(void)state;
	for (const char *p = folder; *p; p++) {
		if (*p == '/')
			strcat(path, "../");
	}
	strcat(path, "srv/imagenet/x");
	assert_ours(path, IMAGES, "/x");
	assert_real("../x");
	assert_real("x");
	assert_real("srv/imagenet/x");
}

static void relative_to_a_descriptor(void **state)
{
	int root = open("/", O_RDONLY | O_DIRECTORY), here = open(".", O_RDONLY | O_DIRECTORY);

	(void)state;
	assert_ours_at(root, "srv/imagenet/x", IMAGES, "/x");
	assert_ours_at(here, "/srv/imagenet/x", IMAGES, "/x");
	{
		PLACE(p, here, "srv/imagenet/x");
		assert_int_equal(p.kind, PLACE_REAL);
	}
	{
		PLACE(p, 12345, "srv/imagenet/x");
		assert_int_equal(p.kind, PLACE_REAL);
	}
	close(root);
	close(here);
}

/* The working directory is the stand-in of a directory of ours. */
static void relative_in_a_directory_of_ours(void **state)
{
	char carrier[PATH_MAX];
	int fd;

	(void)state;
	snprintf(carrier, sizeof carrier, "%s%s/dir/dir2", shim.carriers,
	        shim.config.profiles[IMAGES].dir);
	for (char *p = carrier + strlen(folder) + 1; (p = strchr(p, '/')); p++) {
		*p = 0;
		mkdir(carrier, 0700);
		*p = '/';
	}
	assert_int_equal(mkdir(carrier, 0700), 0);
	fd = open(carrier, O_RDONLY | O_DIRECTORY);
	shim.dirs_open = true;
	assert_ours_at(fd, "x", IMAGES, "/dir/dir2/x");
	close(fd);
	assert_int_equal(chdir(carrier), 0);
	shim.cwd_ours = true;
	assert_ours(".", IMAGES, "/dir/dir2");
	assert_ours("x", IMAGES, "/dir/dir2/x");
	assert_ours("..", IMAGES, "/dir");
	assert_ours("../../x/y", IMAGES, "/x/y");
	assert_ours("../../../../mnt/a/b/x", DEEP, "/x");
	assert_real("../../../imagenetX");
	assert_error("file/../x", -ENOTDIR);
}

/* -- URLs -- */

static void urls_straight_and_bent(void **state)
{
	(void)state;
	assert_ours("s3://bucket/images/a/b", IMAGES, "/a/b");
	assert_ours("s3:/bucket/images/a/b", IMAGES, "/a/b");
	assert_ours("s3:///bucket/images/a", IMAGES, "/a");
	assert_ours("s3://bucket/images", IMAGES, "");
	assert_ours("s3://bucket/images/", IMAGES, "");
	assert_ours("/s3:/bucket/images/a", IMAGES, "/a");
	assert_ours("/s3://bucket/images/a", IMAGES, "/a");
	assert_ours(in_folder("s3:/bucket/images/a"), IMAGES, "/a");
	assert_ours("https://host/files/a", DEEP, "/a");
	assert_ours("https:/other/x/a/", WEB, "/a");
	assert_ours(in_folder("https:/other/x/a"), WEB, "/a");
}

static void urls_of_buckets_without_a_profile(void **state)
{
	(void)state;
	assert_bucket("s3://b/k", "b", "/k");
	assert_bucket("s3:/b/k", "b", "/k");
	assert_bucket("s3://b", "b", "");
	assert_bucket("s3://bucket/imagesX/k", "bucket", "/imagesX/k");
	assert_bucket(in_folder("s3:/b/k/l"), "b", "/k/l");
	assert_bucket("s3://b/dir//x/./y", "b", "/dir/x/y");
}

static void urls_that_name_nothing(void **state)
{
	(void)state;
	assert_error("s3://", -ENOENT);
	assert_error("s3:/", -ENOENT);
	assert_error("s3://.hidden/k", -ENOENT);
	assert_error("s3://b*d/k", -ENOENT);
	assert_error("az://account", -ENOENT);
	assert_error("hf://datasets/org", -ENOENT);
	assert_error("larder://nobody/k", -ENOENT);
}

static void urls_name_profiles_and_versions(void **state)
{
	(void)state;
	assert_ours("larder://images/x", IMAGES, "/x");
	assert_ours(in_folder("msc:/web/x"), WEB, "/x");
	assert_own("gs://b/k", "gs=b", "/k");
	assert_own("hf:/datasets/o/n@v1/k/l", "hf=datasets,o,n@v1", "/k/l");
	assert_own("s3://b/a/../k?versionId=1", "s3=b@1", "/k");
	assert_own("s3://bucket/images/k?versionId=1", "images@1", "/k");
	/* Whatever stands behind it, it is no version any more. */
	assert_own("s3://b/k?versionId=1/x", "s3=b", "/k?versionId=1/x");
}

static void urls_end_at_their_bucket(void **state)
{
	char path[512] = "s3://b/../../";

	(void)state;
	assert_bucket("s3://b/dir/../k", "b", "/k");
	assert_error("s3://b/..", -ENOENT);
	assert_error("s3://b/../..", -ENOENT);
	assert_error("s3://b/../../..", -ENOENT);
	assert_error("s3://b/../../etc/passwd", -ENOENT);
	memset(path + strlen(path), 'x', sizeof path - strlen(path) - 1);
	path[sizeof path - 1] = 0;
	assert_error(path, -ENOENT);
	assert_bucket("s3://b/../c/k", "c", "/k");
}

static void what_looks_like_a_url_is_real(void **state)
{
	static const char *const others[] = {"https://elsewhere/k", "https://", "ftp://host/k",
	        "s3", "s3:", "s3:k", "s3//b/k", "xs3://b/k", "S3://b/k", "://b/k", "a:/b",
	        "/a:/b/c", "s3:b/s3", "/s3:", "/srv/s3:x/k"};

	(void)state;
	for (size_t i = 0; i < COUNT(others); i++)
		assert_real(others[i]);
}

static void a_real_folder_comes_before_a_url(void **state)
{
	(void)state;
	assert_int_equal(mkdir("s3:", 0700), 0);
	assert_real("s3://b/k");
	assert_real(in_folder("s3:/b/k"));
	assert_int_equal(rmdir("s3:"), 0);
	assert_bucket("s3://b/k", "b", "/k");
}

/* -- Lengths -- */

static char *long_path(char *out, const char *head, size_t names, size_t name_len, size_t total)
{
	size_t len = strlen(head);

	memcpy(out, head, len);
	for (size_t i = 0; i < names; i++) {
		out[len++] = '/';
		memset(out + len, 'n', name_len);
		len += name_len;
	}
	while (len < total)
		out[len++] = 'n';
	out[len] = 0;
	return out;
}

static void a_path_that_the_kernel_refuses_is_left_to_it(void **state)
{
	static char path[2 * PATH_MAX];

	(void)state;
	assert_real(long_path(path, "/srv/imagenet", 17, 240, PATH_MAX));
	assert_real(long_path(path, "/srv/imagenet/", 0, 0, PATH_MAX));
	assert_real(long_path(path, "/srv/imagenet", 30, 200, 0));
	assert_real(long_path(path, "s3://bucket/images", 30, 200, 0));
	assert_real(long_path(path, "s3://b", 30, 200, 0));
	assert_real(long_path(path, in_folder("s3:/b"), 30, 200, 0));
	assert_real(long_path(path, "./x", 30, 200, 0));
}

static void the_longest_path_is_ours(void **state)
{
	static const char *const heads[] = {"/srv/imagenet/", "//srv/imagenet/",
	        "s3://bucket/images/", "s3:/bucket/images/", "/srv/imagenet/dir/../",
	        "/srv/./imagenet/"};
	static char path[PATH_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(heads); i++) {
		long_path(path, heads[i], 0, 0, PATH_MAX - 1);
		PLACE(p, AT_FDCWD, path);
		assert_int_equal(p.kind, PLACE_OURS);
		assert_int_equal(strlen(p.rel), p.rel_len);
	}
}

/* A path of real folders that has no room beside a relative one. */
static void a_deep_working_directory_is_real(void **state)
{
	char name[101], path[64];

	(void)state;
	memset(name, 'n', 100);
	name[100] = 0;
	for (int depth = 0; depth < 30; depth++) {
		assert_int_equal(mkdir(name, 0700), 0);
		assert_int_equal(chdir(name), 0);
		assert_real("../x");
		assert_real("srv");
		assert_real("./srv/imagenet/x");
		snprintf(path, sizeof path, "srv/%.*s", 40, name);
		assert_real(path);
	}
}

/* -- Paths shown to programs -- */

static void assert_shown(const char *path)
{
	static char shown[3 * PATH_MAX];

	PLACE(p, AT_FDCWD, path);
	assert_int_equal(p.kind, PLACE_OURS);
	assert_int_equal(place_path(p.rel, shown, sizeof shown), strlen(path));
	assert_string_equal(shown, path);
}

static void a_rel_is_shown_as_the_path_that_it_came_from(void **state)
{
	static char path[PATH_MAX];

	(void)state;
	assert_shown("/srv/imagenet");
	assert_shown("/srv/imagenet/a/b");
	assert_shown("/srv/imagenet/a\001/b/\001/c");
	assert_shown("/s3:/b/k");
	assert_shown("/s3:/b");
	assert_shown("/https:/other/x/k");
	assert_shown("/s3:/b/k?versionId=1");
	assert_shown("/s3:/bucket/images/k?versionId=1");
	assert_shown("/gs:/b/k#1");
	assert_shown("/hf:/spaces/o/n@v1/k");
	for (size_t n = 190; n < 1100; n += 15)
		assert_shown(long_path(path, "/srv/imagenet/a", 1, n, 0));
	assert_shown(long_path(path, "/srv/imagenet", 3, 600, 0));
}

static void a_path_without_room_is_not_shown(void **state)
{
	char out[128];

	(void)state;
	PLACE(p, AT_FDCWD, "/srv/imagenet/some/name");
	for (size_t size = 0; size < sizeof "/srv/imagenet/some/name"; size++)
		assert_int_equal(place_path(p.rel, out, size), -ERANGE);
	PLACE(q, AT_FDCWD, "gs://b/k#12");
	for (size_t size = 0; size < sizeof "/gs:/b/k#12"; size++)
		assert_int_equal(place_path(q.rel, out, size), -ERANGE);
	assert_int_equal(place_path("unknown~0123456789abcdef/x", out, sizeof out), -ENOENT);
}

/* -- What is not ours -- */

static const char *const ordinary[] = {"/etc/passwd", "/usr/lib/x86_64-linux-gnu/libc.so.6",
        "/tmp/x", "/proc/self/maps", "/dev/null", "/srv2/x", "/srv/a:b/c", "/m/a/b", "/mnt2/a",
        "/mnt/other/file", "/home/me/file.tar.gz", "file", "Makefile", "src/main.c", "x:y", "", "/",
        "/x//y/./z"};

/* In a child that the kernel kills if it makes a system call. */
static void ordinary_paths_cost_no_system_call(void **state)
{
	int status;
	pid_t child;

	(void)state;
	/* What is above a prefix is looked for once. */
	for (size_t i = 0; i < COUNT(ordinary); i++)
		assert_real(ordinary[i]);
	child = fork();
	if (child == 0) {
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
		for (size_t i = 0; i < COUNT(ordinary); i++) {
			if (!ours_at(AT_FDCWD, ordinary[i]))
				continue;
			PLACE(p, AT_FDCWD, ordinary[i]);
			if (p.kind != PLACE_REAL)
				syscall(SYS_exit, 1);
		}
		syscall(SYS_exit, 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void nothing_is_real_and_not_ours(void **state)
{
	(void)state;
	assert_false(ours_at(AT_FDCWD, NULL));
	assert_real("");
	{
		PLACE(p, AT_FDCWD, NULL);
		assert_int_equal(p.kind, PLACE_REAL);
	}
}

static void a_bad_configuration_breaks_what_is_ours_alone(void **state)
{
	(void)state;
	load("[profile images]\nremote = s3://bucket/images\npath = /srv/imagenet\nno_such_key = "
	     "1\n");
	assert_int_not_equal(shim.broken, 0);
	assert_error("/srv/imagenet/x", -EIO);
	assert_error("s3://b/k", -EIO);
	assert_real("/etc/passwd");
	assert_real("/srv/imagenetX");
	assert_real("file");
}

/* Whatever the bytes: an answer, within the buffer. */
static void random_paths_have_an_answer(void **state)
{
	static const char *const words[] = {"/", "//", ".", "..", "srv", "imagenet",
	        "s3:", "https:", "b", "dir", "file", "%+", "%~", ":", "host", "files", "mnt", "a",
	        "\xff",
	        "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"};
	char path[PATH_MAX];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		size_t len = 0;

		for (uint32_t n = random_below(24); n; n--) {
			const char *word = words[random_below(COUNT(words))];

			memcpy(path + len, word, strlen(word));
			len += strlen(word);
			if (random_below(2))
				path[len++] = '/';
		}
		path[len] = 0;
		PLACE(p, AT_FDCWD, path);
		if (p.kind == PLACE_OURS)
			assert_int_equal(strlen(p.rel), p.rel_len);
		else if (p.kind == PLACE_ERROR)
			assert_true(p.error < 0);
	}
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_path_in_a_prefix_is_ours),
	        TEST(a_prefix_ends_at_a_slash),
	        TEST(what_is_above_a_prefix_is_real_if_the_disk_has_it),
	        TEST(what_is_above_a_prefix_is_ours_if_the_disk_has_it_not),
	        TEST(slashes_and_dots_are_put_in_order),
	        TEST(an_end_that_wants_a_directory_is_noted),
	        TEST(climbing_into_a_prefix),
	        TEST(climbing_within_a_prefix_goes_through_directories),
	        TEST(climbing_out_of_a_prefix_is_real),
	        TEST(relative_from_above),
	        TEST(relative_by_climbing),
	        TEST(relative_to_a_descriptor),
	        TEST(relative_in_a_directory_of_ours),
	        TEST(urls_straight_and_bent),
	        TEST(urls_of_buckets_without_a_profile),
	        TEST(urls_that_name_nothing),
	        TEST(urls_name_profiles_and_versions),
	        TEST(urls_end_at_their_bucket),
	        TEST(what_looks_like_a_url_is_real),
	        TEST(a_real_folder_comes_before_a_url),
	        TEST(a_path_that_the_kernel_refuses_is_left_to_it),
	        TEST(the_longest_path_is_ours),
	        TEST(a_deep_working_directory_is_real),
	        TEST(a_rel_is_shown_as_the_path_that_it_came_from),
	        TEST(a_path_without_room_is_not_shown),
	        TEST(ordinary_paths_cost_no_system_call),
	        TEST(nothing_is_real_and_not_ours),
	        TEST(a_bad_configuration_breaks_what_is_ours_alone),
	        TEST(random_paths_have_an_answer),
	};

	return cmocka_run_group_tests_name("shim_place", tests, set_up, tear_down);
}
