/* Reports: what is written is read back, and nothing else is taken. */
#include "fetch/json.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define ROWS_MAX 8

struct seen {
	unsigned n;
	char sections[ROWS_MAX][16];
	struct json_row rows[ROWS_MAX];
};

static void note(void *arg, const char *section, const struct json_row *r)
{
	struct seen *s = arg;

	assert_in_range(s->n, 0, ROWS_MAX - 1);
	snprintf(s->sections[s->n], sizeof s->sections[0], "%s", section);
	s->rows[s->n++] = *r;
}

static int read_text(const char *text, struct seen *s)
{
	char *copy = strdup(text);
	int err;

	assert_non_null(copy);
	memset(s, 0, sizeof *s);
	err = json_read(copy, strlen(copy), note, s);
	free(copy);
	return err;
}

static void what_is_written_is_read(void **state)
{
	static const char odd[] = "a\"b\\c\n\x01\x7f\xc3\xa4\xff\xed\xa0\x80\xf0\x9f\x98\x80/";
	struct seen s = {0};
	struct json j;
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	(void)state;
	j = json_begin(f);
	json_number(&j, "started", UINT64_MAX);
	json_object(&j, "totals");
	json_bool(&j, "writable", true);
	json_bool(&j, "full", false);
	json_object_end(&j);
	json_array(&j, "profiles");
	json_object(&j, NULL);
	json_text(&j, "name", odd);
	json_object_end(&j);
	json_object(&j, NULL);
	json_object_end(&j);
	json_array_end(&j);
	json_finish(&j);
	assert_int_equal(fclose(f), 0);

	assert_int_equal(json_read(text, len, note, &s), 0);
	assert_int_equal(s.n, 4);
	assert_string_equal(s.sections[0], "totals");
	assert_int_equal(json_row_number(&s.rows[0], "writable"), 1);
	assert_int_equal(json_row_number(&s.rows[0], "full"), 0);
	assert_string_equal(s.sections[1], "profiles");
	assert_string_equal(json_row_text(&s.rows[1], "name"), odd);
	assert_string_equal(json_row_text(&s.rows[1], "none"), "");
	assert_int_equal(s.rows[2].n, 0);
	assert_string_equal(s.sections[3], "");
	assert_true(json_row_number(&s.rows[3], "started") == UINT64_MAX);
	free(text);
}

static void other_shapes_are_refused(void **state)
{
	static const char *const bad[] = {"", "[]", "{", "{}x", "{\"a\"}", "{\"a\":}", "{\"a\":1,}",
	        "{\"a\":18446744073709551616}", "{\"a\":-1}", "{\"a\":1.5}", "{\"a\":null}",
	        "{\"a\":\"x}", "{\"a\":\"\\u0000\"}", "{\"a\":\"\\u12\"}", "{\"a\":\"\\x\"}",
	        "{\"a\":\"\\", "{\"a\":[1]}", "{\"a\":[[]]}", "{\"a\":{\"b\":{}}}", "{\"a\":[{}",
	        "{\"a\":tru}", "{a:1}"};
	struct seen s;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(read_text(bad[i], &s), -EPROTO);
	assert_int_equal(read_text("{}", &s), 0);
	assert_int_equal(read_text(" { \"a\" : [ { } , { \"b\" : \"\\n\" } ] } \n", &s), 0);
	assert_int_equal(s.n, 3);
}

static void a_row_has_a_limit(void **state)
{
	char text[JSON_FIELDS_MAX * 8 + 32] = "{";
	struct seen s;

	(void)state;
	for (int i = 0; i < JSON_FIELDS_MAX; i++)
		strcat(text, i ? ",\"a\":1" : "\"a\":1");
	strcat(text, "}");
	assert_int_equal(read_text(text, &s), 0);
	text[strlen(text) - 1] = 0;
	strcat(text, ",\"a\":1}");
	assert_int_equal(read_text(text, &s), -EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_is_written_is_read),
	        cmocka_unit_test(other_shapes_are_refused),
	        cmocka_unit_test(a_row_has_a_limit),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
