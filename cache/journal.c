#include "cache/journal.h"
#include "cache/read/hash.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHECK_LEN   8
#define READ_SIZE   (256 << 10)
#define LOOK_SIZE   512 /* of a line at its place: most are shorter */
#define NUMBERS     4
#define PROFILE_MAX 255

static uint32_t check_of(const char *text, size_t len)
{
	return (uint32_t)hash64(HASH_JOURNAL, text, len);
}

void journal_check(char *line, size_t len)
{
	char check[CHECK_LEN + 1];

	snprintf(check, sizeof check, "%08x", check_of(line + CHECK_LEN + 1, len - CHECK_LEN - 1));
	memcpy(line, check, CHECK_LEN);
	line[CHECK_LEN] = ' ';
}

static size_t escape(char *out, const char *rel)
{
	char *p = out;

	for (; *rel; rel++) {
		if (*rel == '\n' || *rel == '\\')
			*p++ = '\\';
		*p++ = *rel == '\n' ? 'n' : *rel;
	}
	return (size_t)(p - out);
}

size_t journal_format(char out[static JOURNAL_LINE_MAX], const struct journal_line *l)
{
	char *body = out + CHECK_LEN + 1;
	size_t n = (size_t)snprintf(body, JOURNAL_LINE_MAX - CHECK_LEN - 1, "%c %llu %llu %llu %u ",
	        l->kind, (unsigned long long)l->bytes, (unsigned long long)l->time,
	        (unsigned long long)l->used, l->count);

	n += escape(body + n, l->rel);
	journal_check(out, CHECK_LEN + 1 + n);
	body[n] = '\n';
	return CHECK_LEN + 1 + n + 1;
}

/* In place. False for an escape that there is not. */
static bool unescape(char *text)
{
	char *out = text;

	for (; *text; text++) {
		if (*text != '\\') {
			*out++ = *text;
			continue;
		}
		text++;
		if (*text != '\\' && *text != 'n')
			return false;
		*out++ = *text == 'n' ? '\n' : '\\';
	}
	*out = 0;
	return true;
}

bool journal_names_object(const char *rel)
{
	size_t profile = strcspn(rel, "/");
	char key[KEY_MAX + 1];

	return profile && profile <= PROFILE_MAX && *rel != '.' && rel[profile] &&
	       rel[profile + 1] && strlen(rel) < KEY_REL_MAX &&
	       key_from_rel(key, sizeof key, rel) == 0;
}

static bool take_number(char **p, uint64_t max, uint64_t *value)
{
	char *end;

	if (**p < '0' || **p > '9')
		return false;
	errno = 0;
	*value = strtoull(*p, &end, 10);
	if (errno || *value > max || *end != ' ')
		return false;
	*p = end + 1;
	return true;
}

int journal_parse(struct journal_line *l, char *text, size_t len)
{
	static const uint64_t max[NUMBERS] = {
	        JOURNAL_BYTES_MAX, JOURNAL_TIME_MAX, JOURNAL_TIME_MAX, UINT16_MAX};
	char *p = text + CHECK_LEN + 1, *end;
	uint64_t number[NUMBERS];

	if (len < CHECK_LEN + 1 + 2 || len >= JOURNAL_LINE_MAX || memchr(text, 0, len) ||
	        p[-1] != ' ' || p[1] != ' ' || !strchr("+-=.", *p))
		return -EBADMSG;
	text[len] = 0;
	if (strtoul(text, &end, 16) != check_of(p, len - CHECK_LEN - 1) || end != p - 1)
		return -EBADMSG;
	l->kind = (enum journal_kind) * p;
	p += 2;
	for (int i = 0; i < NUMBERS; i++) {
		if (!take_number(&p, max[i], &number[i]))
			return -EBADMSG;
	}
	if (!unescape(p) ||
	        (l->kind == JOURNAL_END ? strcmp(p, ".") != 0 : !journal_names_object(p)))
		return -EBADMSG;
	l->bytes = number[0];
	l->time = number[1];
	l->used = number[2];
	l->count = (uint16_t)number[3];
	l->rel = p;
	return 0;
}

struct reader {
	char buf[READ_SIZE + 1];
	size_t len;     /* bytes in buf */
	uint64_t start; /* place of the first */
	bool skipping;  /* a line that is longer than any */
};

/* All whole lines of the buffer; the rest moves to its front. */
static void take_lines(struct reader *r, journal_each *line, void *arg, unsigned *damaged)
{
	char *p = r->buf, *nl;
	struct journal_line l;

	while ((nl = memchr(p, '\n', (size_t)(r->buf + r->len - p)))) {
		if (!r->skipping && journal_parse(&l, p, (size_t)(nl - p)) == 0)
			line(arg, &l, r->start + (uint64_t)(p - r->buf));
		else
			++*damaged;
		r->skipping = false;
		p = nl + 1;
	}
	if (p == r->buf && r->len >= JOURNAL_LINE_MAX) {
		r->skipping = true;
		p += r->len;
	}
	r->len -= (size_t)(p - r->buf);
	r->start += (uint64_t)(p - r->buf);
	memmove(r->buf, p, r->len);
}

int journal_read(int fd, uint64_t *at, journal_each *line, void *arg, const atomic_bool *stop,
        unsigned *damaged)
{
	struct reader *r = malloc(sizeof *r);
	int err = r ? 0 : -ENOMEM;
	ssize_t n = 1;

	if (r) {
		r->len = 0;
		r->start = *at;
		r->skipping = false;
	}
	while (!err && n && !*stop) {
		n = pread(fd, r->buf + r->len, READ_SIZE - r->len, (off_t)(r->start + r->len));
		if (n < 0) {
			err = errno == EINTR ? 0 : -errno;
			continue;
		}
		r->len += (size_t)n;
		take_lines(r, line, arg, damaged);
		*at = r->start;
	}
	free(r);
	return err;
}

int journal_line_at(
        int fd, uint64_t place, char buf[static JOURNAL_LINE_MAX + 1], struct journal_line *l)
{
	size_t want[] = {LOOK_SIZE, JOURNAL_LINE_MAX};

	for (int i = 0; i < 2; i++) {
		ssize_t n = pread(fd, buf, want[i], (off_t)place);
		char *nl = n > 0 ? memchr(buf, '\n', (size_t)n) : NULL;

		if (n < 0)
			return -errno;
		if (nl)
			return journal_parse(l, buf, (size_t)(nl - buf));
	}
	return -EBADMSG;
}
