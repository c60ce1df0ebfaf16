/* What larder run records: nothing is lost where it is killed, nor when lines are cut out
 * meanwhile, and an earlier record stays until there is a new one. */
#include "fetch/cmd_recording.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#define LINES 3000 /* some blocks of the file */

static struct recording recording;
static char folder[] = "/tmp/test_cmd_recording.XXXXXX";
static char *command[] = {"program", NULL};

static int enter(void **state)
{
	(void)state;
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave(void **state)
{
	(void)state;
	return unlink("record") == 0 && chdir("/") == 0 ? rmdir(folder) : -1;
}

static void begin(void)
{
	recording = (struct recording){0};
	assert_int_equal(recording_begin(&recording, "record", command), 0);
	assert_string_equal(getenv("LARDER_RECORD"), recording.opens);
	recording.step = 4096;
}

/* As a program would. */
static void append(unsigned from, unsigned to)
{
	FILE *f = fopen(recording.opens, "a");

	assert_non_null(f);
	for (unsigned i = from; i < to; i++)
		fprintf(f, "{\"url\":\"s3://b/%u\",\"size\":5,\"mtime\":1,\"at\":%u}\n", i, i);
	assert_int_equal(fclose(f), 0);
}

static unsigned objects(const char *const *files, unsigned n)
{
	struct record all = {0};
	unsigned count;

	for (unsigned i = 0; i < n; i++)
		assert_int_equal(record_read(&all, files[i]), 0);
	assert_int_equal(all.damaged, 0);
	count = HASH_COUNT(all.entries);
	record_release(&all);
	return count;
}

static void what_is_cut_out_is_in_the_sum(void **state)
{
	char sum[PATH_MAX + 8];
	const char *left[] = {sum, recording.opens}, *whole = "record";
	struct stat st;

	(void)state;
	begin();
	snprintf(sum, sizeof sum, "%s.sum", recording.opens);
	append(0, LINES);
	recording_take(&recording);
	assert_int_equal(objects(left, 1), LINES);
	append(LINES, LINES + 10);
	recording_take(&recording); /* too few to be cut out */
	assert_int_equal(objects(left, 2), LINES + 10);
	assert_int_equal(stat(recording.opens, &st), 0);
	/* Where the file system cannot cut, the lines are in both. */
	if (st.st_blocks * 512 < st.st_size)
		assert_true(objects(left + 1, 1) < LINES);
	append(LINES + 10, LINES + 20);
	assert_int_equal(recording_end(&recording, 0), 0);
	assert_int_equal(objects(&whole, 1), LINES + 20);
	assert_int_equal(access(sum, F_OK), -1);
	assert_int_equal(access(recording.opens, F_OK), -1);
}

static void what_is_dropped_leaves_the_earlier_record(void **state)
{
	const char *whole = "record";

	(void)state;
	begin();
	append(0, 1);
	recording_drop(&recording);
	assert_int_equal(objects(&whole, 1), LINES + 20);
	assert_int_equal(access(recording.opens, F_OK), -1);
}

static void a_line_that_is_cut_short_is_told_of(void **state)
{
	FILE *f;

	(void)state;
	begin();
	append(0, 3);
	f = fopen(recording.opens, "a");
	fputs("{\"url\":\"s3://b/", f);
	fclose(f);
	recording_take(&recording);
	assert_int_equal(recording_end(&recording, 0), 0);
	assert_int_equal(objects((const char *[]){"record"}, 1), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_is_cut_out_is_in_the_sum),
	        cmocka_unit_test(what_is_dropped_leaves_the_earlier_record),
	        cmocka_unit_test(a_line_that_is_cut_short_is_told_of),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
