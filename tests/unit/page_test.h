/*
 * What the unit tests of listings' pages share: a callback that notes what it saw and, for those in
 * XML, what a page gives. Such a test defines LIST(verb) as the parser's function of that name.
 */
#include "fetch/store.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

/* As "name|" for objects and "name/|" for folders. */
static char names[1024];
static struct object_info last_info;
static int cb_result;

static int collect(void *arg, const struct store_entry *e)
{
	size_t len = strlen(names);

	(void)arg;
	snprintf(names + len, sizeof names - len, "%.*s%s|", (int)e->name_len, e->name,
	        e->is_dir ? "/" : "");
	if (!e->is_dir)
		last_info = *e->info;
	return cb_result;
}

#ifdef LIST
static char token[STORE_TOKEN_MAX + 1];

/* Feeds `step` bytes at a time. */
static int parse(const char *prefix, const char *asked, const char *xml, size_t step)
{
	size_t len = strlen(xml);
	void *list;

	names[0] = token[0] = '\0';
	assert_int_equal(LIST(begin)(&list, prefix, asked, collect, NULL), 0);
	for (size_t at = 0; at < len; at += step)
		if (LIST(feed)(list, xml + at, len - at < step ? len - at : step))
			break;
	return LIST(end)(list, token);
}

static void assert_names(const char *prefix, const char *xml, const char *want)
{
	assert_int_equal(parse(prefix, "", xml, strlen(xml)), 0);
	assert_string_equal(names, want);
	assert_int_equal(parse(prefix, "", xml, 1), 0);
	assert_string_equal(names, want);
}

static void assert_refused(const char *prefix, const char *xml)
{
	int err = parse(prefix, "", xml, strlen(xml));

	if (err != -EPROTO)
		fail_msg("%d for %s", err, xml);
}
#endif
