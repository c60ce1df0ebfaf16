/* A directory is listed in ranges: against a server of pages as S3 describes them, with names and
 * split points of all kinds, no name is lost or comes twice, and few pages are fetched in vain. */
#include "fetch/ranges.h"
#include "fetch/ranges_guess.h"
#include "tests/lib/cache.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define NAMES_MAX 200000
#define NAME_MAX_ 64
#define LANES_MAX 64

/* The directory: keys in order, each once; those below a folder are many of one name. */
static char (*keys)[NAME_MAX_];
static unsigned *taken;
static size_t n_keys;

static uint64_t seed = 1;

static unsigned any(unsigned below)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned)((seed >> 33) % below);
}

static int compare_keys(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void make_keys(size_t n, void (*make)(char *out, size_t i))
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		make(keys[i], i);
	qsort(keys, n, sizeof *keys, compare_keys);
	for (size_t i = 0; i < n; i++) {
		if (!kept || strcmp(keys[kept - 1], keys[i]) != 0)
			memmove(keys[kept++], keys[i], NAME_MAX_);
	}
	n_keys = kept;
	memset(taken, 0, kept * sizeof *taken);
}

/* -- A server -- */

static struct faults {
	bool ignores_start, unordered;
	unsigned fails; /* of a hundred pages */
} faults;

/* The first key behind `name`, which can be a folder: then behind all that is in it. */
static size_t behind(const char *name)
{
	size_t low = 0, high = n_keys, len = strlen(name);
	bool folder = len && name[len - 1] == '/';

	while (low < high) {
		size_t mid = (low + high) / 2;
		bool after = folder && strncmp(keys[mid], name, len) == 0
		                     ? false
		                     : strcmp(keys[mid], name) > 0;

		if (after)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

/* The name of a key: up to the first '/', which is taken along. */
static size_t name_len(const char *key)
{
	const char *slash = strchr(key, '/');

	return slash ? (size_t)(slash - key) + 1 : strlen(key);
}

struct lane {
	struct range *r;
	char token[NAME_MAX_]; /* the last name of the page before; "" at first */
};

static int give(struct lane *l, const char *key, size_t len)
{
	bool is_dir = key[len - 1] == '/';
	int took = range_take(l->r, key, len - is_dir, is_dir);

	if (took == 1)
		taken[(size_t)(key - keys[0]) / NAME_MAX_]++;
	return took;
}

/* A page of at most `most` names, objects first and then folders: 0, 1 if there are more, -EAGAIN
 * where it broke off, or what range_take gave. */
static int serve(struct lane *l, unsigned most, bool broken)
{
	const char *start = *l->token ? l->token : faults.ignores_start ? "" : range_after(l->r);
	size_t at = behind(start), n = 0;
	char last[NAME_MAX_] = "";
	size_t page[1000];

	while (at < n_keys && n < most) {
		page[n++] = at;
		snprintf(last, sizeof last, "%.*s", (int)name_len(keys[at]), keys[at]);
		at = strchr(last, '/') ? behind(last) : at + 1;
	}
	for (int dirs = 0; dirs < 2; dirs++) {
		for (size_t i = 0; i < n; i++) {
			size_t k = page[faults.unordered ? n - 1 - i : i];
			size_t len = name_len(keys[k]);
			int took;

			if ((keys[k][len - 1] == '/') != dirs)
				continue;
			if (broken && i > n / 2)
				return -EAGAIN;
			took = give(l, keys[k], len);
			if (took < 0)
				return took;
		}
	}
	if (!broken)
		strcpy(l->token, last);
	return broken ? -EAGAIN : at < n_keys;
}

/* -- A client -- */

static struct result {
	int error;
	unsigned requests, rounds;
} done;

/* Rounds of requests at once, answered in any order; `width` at most, `growth` for each page that
 * has come. */
static void list(unsigned width, unsigned growth, unsigned most)
{
	struct ranges *rs = ranges_new();
	struct lane lanes[LANES_MAX];
	unsigned n = 0;

	done = (struct result){0};
	assert_non_null(rs);
	do {
		struct range *r;

		while (n < width && (n == 0 || n < growth * ranges_pages(rs)) &&
		        (r = ranges_next(rs)))
			lanes[n++] = (struct lane){.r = r};
		done.rounds++;
		for (unsigned i = n; i-- > 0 && !done.error;) {
			unsigned j = any(i + 1);
			struct lane l = lanes[j];
			int more;

			lanes[j] = lanes[i];
			done.requests++;
			range_page(l.r);
			more = serve(&l, most, any(100) < faults.fails);
			lanes[i] = l;
			if (more == -EAGAIN)
				continue;
			if (more < 0)
				done.error = more;
			else if (!range_end(l.r, more))
				lanes[i] = lanes[--n];
		}
	} while (n && !done.error);
	ranges_free(rs);
}

/* -- Names -- */

static void numbered(char *out, size_t i)
{
	snprintf(out, NAME_MAX_, "img-%07zu.jpg", i);
}

static void plain_numbers(char *out, size_t i)
{
	snprintf(out, NAME_MAX_, "%zu", i);
}

static void hexadecimal(char *out, size_t i)
{
	snprintf(
	        out, NAME_MAX_, "%016llx.bin", (unsigned long long)(i + 1) * 0x9e3779b97f4a7c15ULL);
}

static void classes_of_images(char *out, size_t i)
{
	snprintf(out, NAME_MAX_, "n%08u_%zu.JPEG", 1440764 + 1979 * any(1000), i);
}

static void folders(char *out, size_t i)
{
	snprintf(out, NAME_MAX_, "%s%06u/%zu", i % 3 ? "d" : "", any(30000), i);
}

static void words(char *out, size_t i)
{
	static const char *const parts[] = {
	        "re", "con", "ta", "un", "i", "ment", "s", "-", "o", "be"};

	*out = 0;
	for (unsigned n = 2 + any(6); n--;)
		strcat(out, parts[any(10)]);
	if (i % 4 == 0)
		sprintf(out + strlen(out), "%u", any(1000));
}

/* Characters of one to four bytes, controls, and what is special in URLs and XML. */
static void odd(char *out, size_t i)
{
	static const char *const parts[] = {"a", "/", "%", "+", "&", " ", "\x01", "\x7f",
	        "\xc3\xa9", "\xe5\x9b\xbe", "\xf0\x9f\x98\x80", "~", "0", ".", "Z", "\xed\x9f\xbf"};

	(void)i;
	*out = 0;
	for (unsigned n = 1 + any(9); n--;)
		strcat(out, parts[any(16)]);
}

static void alike(char *out, size_t i)
{
	memset(out, 'x', 50);
	sprintf(out + 50, "%zu", i);
}

static void (*const makers[])(char *, size_t) = {
        numbered, plain_numbers, hexadecimal, classes_of_images, folders, words, odd, alike};
#define MAKERS (sizeof makers / sizeof *makers)

/* -- Tests -- */

static void assert_complete(bool once)
{
	assert_int_equal(done.error, 0);
	for (size_t i = 0; i < n_keys; i++) {
		size_t len = name_len(keys[i]);
		bool first = !i || name_len(keys[i - 1]) != len ||
		             memcmp(keys[i - 1], keys[i], len) != 0 || keys[i][len - 1] != '/';

		if (first && (once ? taken[i] != 1 : taken[i] < 1))
			fail_msg("%s came %u times", keys[i], taken[i]);
		if (!first)
			assert_int_equal(taken[i], 0);
	}
}

static void each_name_comes_once(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 400; round++) {
		make_keys(1 + any(3000), makers[round % MAKERS]);
		list(1 + any(LANES_MAX), 1 + any(8), 1 + any(100));
		assert_complete(true);
	}
}

static void no_name_is_lost_where_pages_fail(void **state)
{
	(void)state;
	faults.fails = 30;
	for (unsigned round = 0; round < 200; round++) {
		make_keys(1 + any(3000), makers[round % MAKERS]);
		list(1 + any(LANES_MAX), 1 + any(8), 1 + any(100));
		assert_complete(false);
	}
	faults.fails = 0;
}

static void a_server_that_ignores_the_start_is_found_out(void **state)
{
	(void)state;
	faults.ignores_start = true;
	for (unsigned round = 0; round < MAKERS; round++) {
		make_keys(3000, makers[round]);
		list(16, 4, 100);
		assert_int_equal(done.error, -EILSEQ);
	}
	faults.ignores_start = false;
}

static void a_server_without_an_order_is_never_split(void **state)
{
	(void)state;
	faults.unordered = true;
	make_keys(3000, numbered);
	list(16, 4, 100);
	assert_complete(true);
	assert_int_equal(done.requests, done.rounds);
	faults.unordered = false;
}

static void a_page_is_one_request(void **state)
{
	(void)state;
	for (unsigned i = 0; i < MAKERS; i++) {
		make_keys(100, makers[i]);
		list(16, 4, 1000);
		assert_complete(true);
		assert_int_equal(done.requests, 1);
	}
}

/* With pages that take equally long, sixteen at once need hardly more rounds than the names have
 * pages for; and of all guesses few were wrong. */
static void many_names_need_few_rounds(void **state)
{
	(void)state;
	for (unsigned i = 0; i < MAKERS - 2; i++) {
		unsigned pages = 0;

		make_keys(NAMES_MAX, makers[i]);
		list(16, 2, 200);
		assert_complete(true);
		for (size_t k = 0; k < n_keys; k++)
			pages += taken[k];
		pages = pages / 200 + 1;
		if (done.rounds > pages / 16 * 3 / 2 + 10 || done.requests > pages * 3 / 2 + 10)
			fail_msg("names of kind %u: %u requests in %u rounds for %u pages", i,
			        done.requests, done.rounds, pages);
	}
}

static int set_up(void **state)
{
	(void)state;
	keys = calloc(NAMES_MAX, sizeof *keys);
	taken = calloc(NAMES_MAX, sizeof *taken);
	return keys && taken ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	free(keys);
	free(taken);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_name_comes_once),
	        cmocka_unit_test(no_name_is_lost_where_pages_fail),
	        cmocka_unit_test(a_server_that_ignores_the_start_is_found_out),
	        cmocka_unit_test(a_server_without_an_order_is_never_split),
	        cmocka_unit_test(a_page_is_one_request),
	        cmocka_unit_test(many_names_need_few_rounds),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
