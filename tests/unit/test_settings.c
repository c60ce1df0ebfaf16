/* The settings table: its rows are sound, and values go to text and back. */
#include "cache/read/settings.h"

#include <ctype.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static struct config config;
static struct profile profile;

/* Big enough for the values of any section. */
static void *base_of(const struct setting *s)
{
	return strcmp(s->section, "profile") == 0 ? (void *)&profile : (void *)&config;
}

static const struct setting *find(const char *section, const char *key)
{
	int i = setting_find(section, key);

	assert_true(i >= 0);
	return &settings[i];
}

static const char *formatted(const struct setting *s)
{
	static char out[256];

	assert_in_range(setting_format(s, base_of(s), out, sizeof out), 0, sizeof out - 1);
	return out;
}

static void every_row_is_found_once_and_has_help(void **state)
{
	(void)state;
	for (int i = 0; i < SETTING_COUNT_ALL; i++) {
		assert_int_equal(setting_find(settings[i].section, settings[i].key), i);
		assert_true(isupper((unsigned char)settings[i].help[0]));
		assert_true(settings[i].help[strlen(settings[i].help) - 1] != '.');
		assert_non_null(setting_syntax(&settings[i]));
	}
	assert_int_equal(setting_find("cache", "remote"), -ENOENT);
	assert_int_equal(setting_find("", "ttl"), -ENOENT);
	assert_int_equal(setting_find("profile", ""), -ENOENT);
}

static void every_default_is_a_value_and_what_is_printed_of_it_too(void **state)
{
	char printed[256];

	(void)state;
	for (int i = 0; i < SETTING_COUNT_ALL; i++) {
		const struct setting *s = &settings[i];

		if (setting_is_text(s) || !*s->def)
			continue;
		assert_int_equal(setting_parse_scalar(s, s->def, base_of(s)), 0);
		snprintf(printed, sizeof printed, "%s", formatted(s));
		assert_int_equal(setting_parse_scalar(s, printed, base_of(s)), 0);
		assert_string_equal(formatted(s), printed);
	}
}

static void numbers_are_written_in_their_largest_unit(void **state)
{
	static const struct {
		const char *key, *text, *wanted;
	} rows[] = {
	        {"size", "1048576", "1M"},
	        {"size", "1048577", "1048577"},
	        {"size", "1536M", "1536M"},
	        {"size", "1024G", "1T"},
	        {"ttl", "60", "1m"},
	        {"ttl", "1500ms", "1500ms"},
	        {"ttl", "24h", "1d"},
	        {"ttl", "90m", "90m"},
	        {"ttl", "0", "0"},
	        {"ttl", "0d", "0"},
	        {"retries", "7", "7"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct setting *s = find("cache", rows[i].key);

		assert_int_equal(setting_parse_scalar(s, rows[i].text, &config), 0);
		assert_string_equal(formatted(s), rows[i].wanted);
	}
}

static void what_is_no_number_is_refused(void **state)
{
	static const char *const bad[] = {
	        "", " 1", "1 ", "-1", "+1", "0x1", "1.5M", "1MB", "M", "1k", "one", "1M1"};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(
		        setting_parse_scalar(find("cache", "size"), bad[i], &config), -EINVAL);
		assert_int_equal(
		        setting_parse_scalar(find("cache", "ttl"), bad[i], &config), -EINVAL);
	}
	/* A count has no unit. */
	assert_int_equal(setting_parse_scalar(find("cache", "retries"), "1K", &config), -EINVAL);
}

static void limits_hold(void **state)
{
	const struct setting *retries = find("cache", "retries"), *size = find("cache", "size");

	(void)state;
	assert_int_equal(setting_parse_scalar(retries, "100", &config), 0);
	assert_int_equal(setting_parse_scalar(retries, "101", &config), -ERANGE);
	assert_int_equal(config.cache.retries, 100);
	assert_int_equal(setting_parse_scalar(size, "1M", &config), 0);
	assert_int_equal(setting_parse_scalar(size, "1048575", &config), -ERANGE);
	assert_int_equal(setting_parse_scalar(size, "18446744073709551614", &config), 0);
	/* This one means "not set"; these do not fit in 64 bits. */
	assert_int_equal(setting_parse_scalar(size, "18446744073709551615", &config), -ERANGE);
	assert_int_equal(setting_parse_scalar(size, "18446744073709551616", &config), -ERANGE);
	assert_int_equal(setting_parse_scalar(size, "16384P", &config), -ERANGE);
}

static void secrets_are_not_shown(void **state)
{
	const struct setting *s = find("profile", "secret_access_key");

	(void)state;
	profile.secret_access_key = "hush";
	assert_string_equal(formatted(s), "****");
	profile.secret_access_key = "";
	assert_string_equal(formatted(s), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_row_is_found_once_and_has_help),
	        cmocka_unit_test(every_default_is_a_value_and_what_is_printed_of_it_too),
	        cmocka_unit_test(numbers_are_written_in_their_largest_unit),
	        cmocka_unit_test(what_is_no_number_is_refused),
	        cmocka_unit_test(limits_hold),
	        cmocka_unit_test(secrets_are_not_shown),
	};

	return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
