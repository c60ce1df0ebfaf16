/* What the unit tests of larder.ini share: a text is loaded, or refused with file, line and word.
 */
#include "cache/read/config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

static struct config config;
static char *no_env[] = {"HOME=/home/me", NULL};

static int parse(struct config *c, const char *text)
{
	return config_parse(c, "larder.ini", text, strlen(text), no_env);
}

static void assert_loads(const char *text)
{
	if (parse(&config, text) != 0)
		fail_msg("refused: %s", config.error);
	assert_string_equal(config.error, "");
}

/* Refused with a message that begins with file and line, and has the word. */
static void assert_refused(const char *text, int line, const char *word)
{
	char head[64];

	assert_int_equal(parse(&config, text), -EINVAL);
	snprintf(head, sizeof head, "larder.ini:%d: ", line);
	if (strncmp(config.error, head, strlen(head)) != 0)
		fail_msg("wanted %s in: %s", head, config.error);
	if (!strstr(config.error, word))
		fail_msg("wanted '%s' in: %s", word, config.error);
	assert_null(strchr(config.error, '\n'));
}
