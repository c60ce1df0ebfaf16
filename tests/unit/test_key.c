/* Keys: every one has one relative path, which leads back to it and never out of its profile. */
#include "cache/read/key.h"
#include "tests/lib/cache.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define DIR      "demo~0123456789abcdef"

static char rel[KEY_REL_MAX], key[KEY_REL_MAX];

static void assert_rel(const char *of, const char *wanted)
{
	assert_int_equal(key_to_rel(rel, sizeof rel, DIR, of), 0);
	assert_string_equal(rel, wanted);
}

/* Every component is a name that a directory can hold, and none leads upwards. */
static void assert_stays_below(const char *path)
{
	assert_int_equal(strncmp(path, DIR, strlen(DIR)), 0);
	assert_true(path[strlen(DIR)] == '/' || path[strlen(DIR)] == 0);
	for (const char *p = path; p; p = strchr(p, '/')) {
		p += *p == '/';
		size_t n = strcspn(p, "/");

		assert_in_range(n, 1, 255);
		assert_false(n == 1 && p[0] == '.');
		assert_false(n == 2 && p[0] == '.' && p[1] == '.');
	}
}

/* There and back; a slash at the end is not kept, unless what it follows would be nothing. */
static void assert_round_trip(const char *of)
{
	size_t n = strlen(of);

	assert_int_equal(key_to_rel(rel, sizeof rel, DIR, of), 0);
	assert_stays_below(rel);
	if (key_from_rel(key, sizeof key, rel) != 0)
		fail_msg("no key for %s", rel);
	if (n > 1 && of[n - 1] == '/' && of[n - 2] != '/')
		n--;
	assert_int_equal(strlen(key), n);
	assert_memory_equal(key, of, n);
}

static char *repeat(char *out, char c, size_t n)
{
	memset(out, c, n);
	out[n] = 0;
	return out;
}

static void an_ordinary_key_stands_for_itself(void **state)
{
	(void)state;
	assert_rel("train/n01440764/a b.JPEG", DIR "/train/n01440764/a b.JPEG");
	assert_rel("", DIR);
	assert_rel("dir/", DIR "/dir");
	assert_rel("...", DIR "/...");
	assert_rel("%/%%/%a~", DIR "/%/%%/%a~");
}

static void what_cannot_be_a_name_is_marked(void **state)
{
	(void)state;
	assert_rel("/a", DIR "/%~/a");
	assert_rel("a//b", DIR "/a/%~/b");
	assert_rel("a//", DIR "/a/%~");
	assert_rel("//", DIR "/%~/%~");
	assert_rel("./../x", DIR "/%~./%~../x");
	assert_rel("%~a/%+b/%=list", DIR "/%~%~a/%~%+b/%~%=list");
	assert_rel("%~/%~.", DIR "/%~%~/%~%~.");
}

static void long_names_are_cut(void **state)
{
	static const size_t lengths[] = {200, 253, 254, 255, 256, 257, 400, 455, 456, 1000, 3000};
	char name[3001];

	(void)state;
	for (size_t i = 0; i < COUNT(lengths); i++) {
		assert_round_trip(repeat(name, 'n', lengths[i]));
		assert_int_equal(strstr(rel, "%+") != NULL, lengths[i] > KEY_NAME_MAX);
		/* With a beginning that makes it longer. */
		name[0] = '%';
		name[1] = '+';
		assert_round_trip(name);
		assert_non_null(strstr(rel, "/%"));
	}
}

static void odd_keys_lead_back(void **state)
{
	static const char *const keys[] = {"/", "//", "///", "/a", "a//b", "a///b", ".", "..",
	        "../..", "a/./b", "a/../b", "/../etc/passwd", "%~", "%+", "%=", "%~%~", "%+/x",
	        "%=list", "%", "~", "%~/", "\001", "a\nb", "\xff\xfe", " ", "a/ /b", "%~.", "%~.."};

	(void)state;
	for (size_t i = 0; i < COUNT(keys); i++)
		assert_round_trip(keys[i]);
}

static void random_keys_lead_back(void **state)
{
	static const char alphabet[] = "//..%%~+=ab\001\xff";
	char of[700];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		size_t n = random_below(i % 10 ? 24 : sizeof of - 1);
		/* Few different bytes make many slashes; more of them make long names. */
		uint32_t letters = i % 3 ? sizeof alphabet - 1 : 4;

		for (size_t j = 0; j < n; j++)
			of[j] = i % 10 ? alphabet[random_below(letters)]
			               : (char)(1 + random_below(255));
		of[n] = 0;
		assert_round_trip(of);
	}
}

/* Text of a rel's own alphabet is either refused or the spelling that its key has. */
static void a_key_has_one_spelling(void **state)
{
	static const char alphabet[] = "//.%%~+=a";
	char other[64], back[KEY_REL_MAX];

	(void)state;
	for (int i = 0; i < 50000; i++) {
		size_t n = random_below(16);

		memcpy(other, DIR "/", sizeof DIR);
		for (size_t j = 0; j < n; j++)
			other[sizeof DIR + j] = alphabet[random_below(sizeof alphabet - 1)];
		other[sizeof DIR + n] = 0;
		if (key_from_rel(key, sizeof key, other) != 0)
			continue;
		assert_int_equal(key_to_rel(back, sizeof back, DIR, key), 0);
		assert_string_equal(back, other);
	}
}

static void second_spellings_are_refused(void **state)
{
	static const char *const bad[] = {DIR "/", DIR "//a", DIR "/.", DIR "/..", DIR "/a/",
	        DIR "/%~a", DIR "/%+short/rest", DIR "/%+", DIR "/%=list", DIR "/%~.a",
	        DIR "/a/../b"};
	char cut[KEY_REL_MAX], name[256], rest[128];

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(key_from_rel(key, sizeof key, bad[i]), -EINVAL);
	/* A name that need not be cut, and one that was cut in the wrong place. */
	snprintf(cut, sizeof cut, DIR "/%%+%s/%s", repeat(name, 'n', 200), "rest");
	assert_int_equal(key_from_rel(key, sizeof key, cut), -EINVAL);
	snprintf(cut, sizeof cut, DIR "/%%+%s/%s", repeat(name, 'n', 199), repeat(rest, 'n', 101));
	assert_int_equal(key_from_rel(key, sizeof key, cut), -EINVAL);
}

static void the_root_is_the_empty_key(void **state)
{
	(void)state;
	assert_int_equal(key_from_rel(key, sizeof key, DIR), 0);
	assert_string_equal(key, "");
}

static void an_empty_name_is_a_directory_and_not_the_one_above(void **state)
{
	(void)state;
	assert_int_equal(key_from_rel(key, sizeof key, DIR "/%~"), 0);
	assert_string_equal(key, "/");
	assert_int_equal(key_from_rel(key, sizeof key, DIR "/a/%~"), 0);
	assert_string_equal(key, "a//");
	assert_int_equal(key_from_rel(key, sizeof key, DIR "/a/%~/%~"), 0);
	assert_string_equal(key, "a///");
}

static void a_directory_is_the_prefix_of_what_is_in_it(void **state)
{
	char out[8];

	(void)state;
	assert_int_equal(key_to_directory(out, sizeof out, ""), 0);
	assert_string_equal(out, "");
	assert_int_equal(key_to_directory(out, sizeof out, "a/b"), 0);
	assert_string_equal(out, "a/b/");
	assert_int_equal(key_to_directory(out, sizeof out, "a//"), 0);
	assert_string_equal(out, "a//");
	assert_int_equal(key_to_directory(out, sizeof out, "sixsix"), 0);
	assert_int_equal(key_to_directory(out, sizeof out, "seven77"), -ENAMETOOLONG);
}

static void a_name_shown_is_escaped_and_whole(void **state)
{
	char out[600] = "", name[301];
	size_t len = 0;

	(void)state;
	assert_int_equal(key_append_name(out, sizeof out, &len, "", 0), 0);
	assert_int_equal(key_append_name(out, sizeof out, &len, "%=", 2), 0);
	assert_int_equal(key_append_name(out, sizeof out, &len, "a", 1), 0);
	assert_string_equal(out, "/%~/%~%=/a");
	assert_int_equal(key_append_name(out, sizeof out, &len, repeat(name, 'n', 300), 300), 0);
	assert_int_equal(len, 311);
}

static void what_does_not_fit_is_refused(void **state)
{
	char small[32], name[KEY_MAX + 64], exact[] = "dir/abc";
	size_t len;

	(void)state;
	for (size_t size = 1; size < sizeof exact; size++)
		assert_int_equal(key_to_rel(small, size, "dir", "abc"), -ENAMETOOLONG);
	assert_int_equal(key_to_rel(small, sizeof exact, "dir", "abc"), 0);
	assert_string_equal(small, exact);
	assert_int_equal(key_to_rel(rel, sizeof rel, DIR, repeat(name, '/', sizeof name - 1)),
	        -ENAMETOOLONG);
	len = 0;
	assert_int_equal(key_append_disk(small, sizeof small, &len, name, 300), -ENAMETOOLONG);
	assert_int_equal(key_to_rel(rel, sizeof rel, DIR, "abcdef"), 0);
	for (size_t size = 1; size < 7; size++)
		assert_int_equal(key_from_rel(small, size, rel), -ENAMETOOLONG);
	assert_int_equal(key_from_rel(small, 7, rel), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(an_ordinary_key_stands_for_itself),
	        cmocka_unit_test(what_cannot_be_a_name_is_marked),
	        cmocka_unit_test(long_names_are_cut),
	        cmocka_unit_test(odd_keys_lead_back),
	        cmocka_unit_test(random_keys_lead_back),
	        cmocka_unit_test(a_key_has_one_spelling),
	        cmocka_unit_test(second_spellings_are_refused),
	        cmocka_unit_test(the_root_is_the_empty_key),
	        cmocka_unit_test(an_empty_name_is_a_directory_and_not_the_one_above),
	        cmocka_unit_test(a_directory_is_the_prefix_of_what_is_in_it),
	        cmocka_unit_test(a_name_shown_is_escaped_and_whole),
	        cmocka_unit_test(what_does_not_fit_is_refused),
	};

	return cmocka_run_group_tests_name("key", tests, NULL, NULL);
}
