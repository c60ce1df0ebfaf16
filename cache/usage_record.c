/* Records of usage as text. Lines of a name and numbers, a sum over them, and spaces to the end. */
#include "cache/read/hash.h"
#include "cache/usage.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD "larder-usage 1\n"
#define SUM  "sum "

static int print_amount(char *out, size_t room, const char *name, struct usage_amount a)
{
	return snprintf(out, room, "%s %lld %lld\n", name, (long long)a.bytes, (long long)a.files);
}

void usage_format(const struct usage_record *r, char out[static USAGE_RECORD_SIZE])
{
	char text[2 * USAGE_RECORD_SIZE], hex[HASH_HEX_LEN + 1];
	size_t room = sizeof text;
	int n = snprintf(text, room, HEAD "seq %llu %d %s\n", (unsigned long long)r->seq, r->stale,
	        r->folded[0] ? r->folded : "-");

	n += print_amount(text + n, room - (size_t)n, "net", r->net);
	n += print_amount(text + n, room - (size_t)n, "added", r->added);
	n += print_amount(text + n, room - (size_t)n, "reserved", r->reserved);
	n += print_amount(text + n, room - (size_t)n, "filling", r->filling);
	hash_hex(hash64(HASH_USAGE, text, (size_t)n), hex);
	n += snprintf(text + n, room - (size_t)n, SUM "%s\n", hex);
	memset(out, ' ', USAGE_RECORD_SIZE);
	memcpy(out, text, (size_t)n < USAGE_RECORD_SIZE ? (size_t)n : USAGE_RECORD_SIZE);
	out[USAGE_RECORD_SIZE - 1] = '\n';
}

/* The rest of the line after `name`, NUL-terminated in `line`; NULL if it is not there. */
static const char *take_line(const char **at, const char *name, char line[static USAGE_RECORD_SIZE])
{
	size_t len = strcspn(*at, "\n"), skip = strlen(name);

	if (!(*at)[len] || strncmp(*at, name, skip) != 0 || (*at)[skip] != ' ')
		return NULL;
	memcpy(line, *at + skip + 1, len - skip - 1);
	line[len - skip - 1] = 0;
	*at += len + 1;
	return line;
}

static const char *take_number(const char *p, int64_t *out)
{
	char *end = NULL;

	errno = 0;
	*out = p && *p != ' ' ? strtoll(p, &end, 10) : 0;
	if (!end || end == p || errno || *out > USAGE_NUMBER_MAX || *out < -USAGE_NUMBER_MAX)
		return NULL;
	return end;
}

static bool take_amount(const char **at, const char *name, struct usage_amount *a, bool below_zero)
{
	char line[USAGE_RECORD_SIZE];
	const char *p = take_number(take_line(at, name, line), &a->bytes);

	if (!p || *p != ' ')
		return false;
	p = take_number(p + 1, &a->files);
	return p && !*p && (below_zero || (a->bytes >= 0 && a->files >= 0));
}

static bool take_head(const char **at, struct usage_record *r)
{
	char line[USAGE_RECORD_SIZE];
	int64_t seq, stale;
	const char *p;

	if (strncmp(*at, HEAD, strlen(HEAD)) != 0)
		return false;
	*at += strlen(HEAD);
	p = take_number(take_line(at, "seq", line), &seq);
	if (!p || seq < 0 || *p != ' ')
		return false;
	p = take_number(p + 1, &stale);
	if (!p || *p != ' ' || !p[1] || strlen(p + 1) >= USAGE_NAME_MAX || strchr(p, '/'))
		return false;
	r->seq = (uint64_t)seq;
	r->stale = stale != 0;
	if (strcmp(p + 1, "-") != 0)
		memcpy(r->folded, p + 1, strlen(p + 1));
	return true;
}

int usage_parse(struct usage_record *r, const char *text, size_t len)
{
	char copy[USAGE_RECORD_SIZE + 1], line[USAGE_RECORD_SIZE], hex[HASH_HEX_LEN + 1];
	const char *at = copy, *sum;

	memset(r, 0, sizeof *r);
	if (len != USAGE_RECORD_SIZE || memchr(text, 0, len))
		return -EPROTO;
	memcpy(copy, text, len);
	copy[len] = 0;
	if (!take_head(&at, r) || !take_amount(&at, "net", &r->net, true) ||
	        !take_amount(&at, "added", &r->added, false) ||
	        !take_amount(&at, "reserved", &r->reserved, false) ||
	        !take_amount(&at, "filling", &r->filling, false))
		return -EPROTO;
	hash_hex(hash64(HASH_USAGE, copy, (size_t)(at - copy)), hex);
	sum = take_line(&at, "sum", line);
	return sum && strcmp(sum, hex) == 0 ? 0 : -EPROTO;
}
