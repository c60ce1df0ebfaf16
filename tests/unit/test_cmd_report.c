/* Tables and figures of commands: they stand in columns, fit, and show no control characters. */
#include "fetch/cmd_report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void figures_are_short(void **state)
{
	static const struct {
		uint64_t n;
		const char *size, *count;
	} want[] = {{0, "0", "0"}, {999, "999", "999"}, {1000, "1.0K", "1000"},
	        {9999, "9.8K", "9999"}, {10000, "9.8K", "10k"}, {999499, "976K", "999k"},
	        {999500, "976K", "1.0M"}, {1023 << 10, "1.0M", "1.0M"}, {50ULL << 30, "50G", "54G"},
	        {UINT64_MAX, "16E", "18E"}};
	char out[CMD_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		assert_string_equal(cmd_size(want[i].n, out), want[i].size);
		assert_string_equal(cmd_count(want[i].n, out), want[i].count);
	}
}

static void spans_have_one_unit(void **state)
{
	static const struct {
		uint64_t seconds;
		const char *text;
	} want[] = {{0, "0s"}, {119, "119s"}, {120, "2m"}, {7199, "119m"}, {7200, "2h"},
	        {2 * 86400, "2d"}, {729 * 86400, "729d"}, {730 * 86400, "2y"}};
	char out[CMD_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof want / sizeof *want; i++)
		assert_string_equal(cmd_span(want[i].seconds, out), want[i].text);
}

static char *print(struct columns *t, unsigned width)
{
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	columns_print(t, f, width);
	fclose(f);
	return text;
}

static void columns_are_aligned(void **state)
{
	struct columns t = columns_new("NAME|SIZE>|URL");
	char *text;

	(void)state;
	columns_add(&t, "k\xc3\xa4se");
	columns_addf(&t, "%d", 12345);
	columns_add(&t, "s3://a");
	columns_add(&t, "b");
	columns_add(&t, "1");
	columns_add(&t, "x\033[2Jy");
	text = print(&t, 0);
	assert_string_equal(text, "NAME   SIZE  URL\n"
	                          "k\xc3\xa4se  12345  s3://a\n"
	                          "b         1  x?[2Jy\n");
	free(text);
}

static void rows_are_cut(void **state)
{
	struct columns t = columns_new("A|B");
	char *text;

	(void)state;
	columns_add(&t, "\xc3\xa4\xc3\xb6\xc3\xbc");
	columns_add(&t, "0123456789");
	text = print(&t, 8);
	assert_string_equal(text, "A    B\n\xc3\xa4\xc3\xb6\xc3\xbc  012\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(figures_are_short),
	        cmocka_unit_test(spans_have_one_unit),
	        cmocka_unit_test(columns_are_aligned),
	        cmocka_unit_test(rows_are_cut),
	};

	return cmocka_run_group_tests_name("cmd_report", tests, NULL, NULL);
}
