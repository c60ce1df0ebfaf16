#include "fetch/header_lines.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <openssl/crypto.h>

static const char token_chars[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/* One line of `len` bytes; false if it is none. */
static bool read_line(const char *s, size_t len, struct header_line *out)
{
	size_t name = strspn(s, token_chars);

	if (!name || name >= len || s[name] != ':')
		return false;
	out->name = s;
	out->name_len = name;
	for (s += name + 1, len -= name + 1; len && (*s == ' ' || *s == '\t'); s++)
		len--;
	while (len && strchr(" \t\r", s[len - 1]))
		len--;
	out->value = s;
	out->value_len = len;
	return true;
}

bool header_lines_next(const char **at, struct header_line *out)
{
	while (*at && **at) {
		const char *line = *at;
		size_t len = strcspn(line, "\n");

		*at += len + (line[len] == '\n');
		if (read_line(line, len, out))
			return true;
	}
	return false;
}

static bool is_name(const struct header_line *l, const char *name)
{
	return strlen(name) == l->name_len && !strncasecmp(l->name, name, l->name_len);
}

bool header_lines_have(const char *text, const char *name)
{
	struct header_line l;

	while (header_lines_next(&text, &l)) {
		if (is_name(&l, name))
			return true;
	}
	return false;
}

/* Names that larder itself gives, or that would change what an answer is. */
static bool is_reserved(const struct header_line *l)
{
	static const char *const names[] = {"Host", "Range", "If-Match", "If-None-Match",
	        "If-Range", "If-Modified-Since", "If-Unmodified-Since", "Content-Length",
	        "Transfer-Encoding", "Connection", "Expect", "Accept-Encoding", "TE", "Trailer",
	        "Upgrade", "Proxy-Authorization", "x-amz-date", "x-amz-content-sha256",
	        "x-amz-security-token", "x-ms-date", "x-ms-version", "x-ms-range", "x-goog-date",
	        "x-goog-content-sha256"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (is_name(l, names[i]))
			return true;
	}
	return false;
}

static const char *line_fault(const char *line, size_t len)
{
	struct header_line l;

	if (!read_line(line, len, &l) || l.name_len > HEADER_LINES_NAME_MAX)
		return "write each as Name: value, on a line of its own";
	if (is_reserved(&l))
		return "one of them is larder's own, such as Range or If-Match; remove it";
	if (!l.value_len)
		return "one of them has no value";
	for (size_t i = 0; i < l.value_len; i++) {
		if (iscntrl((unsigned char)l.value[i]) && l.value[i] != '\t')
			return "one of them holds a control character";
	}
	return NULL;
}

const char *header_lines_fault(const char *text)
{
	const char *fault = NULL;

	while (text && *text && !fault) {
		size_t len = strcspn(text, "\n");

		fault = line_fault(text, len);
		text += len + (text[len] == '\n');
	}
	return fault;
}

static bool begins(const struct header_line *l, const char *prefix)
{
	size_t len = prefix ? strlen(prefix) : 0;

	return len && l->name_len > len && !strncasecmp(l->name, prefix, len);
}

static char *copy(char **buf, size_t *room, const char *s, size_t len, bool lower)
{
	char *to = *buf;

	if (len >= *room)
		return NULL;
	for (size_t i = 0; i < len; i++)
		to[i] = lower ? (char)tolower((unsigned char)s[i]) : s[i];
	to[len] = '\0';
	*buf += len + 1;
	*room -= len + 1;
	return to;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct sigv4_pair *)a)->name, ((const struct sigv4_pair *)b)->name);
}

int header_lines_sign(const char *text, const char *prefix, struct sigv4_pair *pairs, size_t *n,
        size_t max, char buf[static HEADER_LINES_TEXT])
{
	size_t room = HEADER_LINES_TEXT, i;
	struct header_line l;

	while (header_lines_next(&text, &l)) {
		if (!begins(&l, prefix))
			continue;
		for (i = 0; i < *n && !is_name(&l, pairs[i].name);)
			i++;
		if (i == max)
			return -E2BIG;
		pairs[i].name = copy(&buf, &room, l.name, l.name_len, true);
		pairs[i].value = copy(&buf, &room, l.value, l.value_len, false);
		if (!pairs[i].name || !pairs[i].value)
			return -E2BIG;
		*n += i == *n;
	}
	if (*n)
		qsort(pairs, *n, sizeof *pairs, by_name);
	return 0;
}

/* Removes the store's own line of this name. */
static void replace(struct curl_slist **list, const struct header_line *l)
{
	while (*list) {
		struct curl_slist *one = *list;

		if (strncasecmp(one->data, l->name, l->name_len) || one->data[l->name_len] != ':') {
			list = &one->next;
			continue;
		}
		*list = one->next;
		one->next = NULL;
		header_lines_wipe(one);
	}
}

/* Adds a line behind the others; `before` stands in front of its value. */
static int put(struct curl_slist **list, const struct header_line *l, const char *before)
{
	size_t size = l->name_len + strlen(before) + l->value_len + 3;
	char *line = malloc(size);
	struct curl_slist *longer = NULL;

	if (line) {
		snprintf(line, size, "%.*s: %s%.*s", (int)l->name_len, l->name, before,
		        (int)l->value_len, l->value);
		longer = curl_slist_append(*list, line);
		OPENSSL_cleanse(line, size);
		free(line);
	}
	if (!longer)
		return -ENOMEM;
	*list = longer;
	return 0;
}

int header_lines_put(struct curl_slist **list, const char *name, const char *value)
{
	return put(list, &(struct header_line){name, value, strlen(name), strlen(value)}, "");
}

int header_lines_put_bearer(struct curl_slist **list, const char *token)
{
	static const char name[] = "authorization";

	return put(
	        list, &(struct header_line){name, token, strlen(name), strlen(token)}, "Bearer ");
}

int header_lines_add(const char *text, const char *prefix, struct curl_slist **list)
{
	struct curl_slist *own = NULL;
	struct header_line l;
	int err = 0;

	while (!err && header_lines_next(&text, &l)) {
		if (begins(&l, prefix))
			continue;
		replace(list, &l);
		err = put(&own, &l, "");
	}
	/* Behind the store's, so that several lines of one name stay. */
	while (*list)
		list = &(*list)->next;
	*list = own;
	return err;
}

void header_lines_wipe(struct curl_slist *list)
{
	for (struct curl_slist *l = list; l; l = l->next)
		OPENSSL_cleanse(l->data, strlen(l->data));
	curl_slist_free_all(list);
}
