#include "fetch/json.h"

#include <errno.h>
#include <string.h>

/* --- writing --- */

/* Bytes of the UTF-8 character at `s`; 0 if there is none. */
static size_t utf8_len(const unsigned char *s)
{
	size_t n = *s < 0x80 ? 1 : *s >= 0xc2 && *s < 0xe0 ? 2 : *s >= 0xe0 && *s < 0xf0 ? 3 : 4;

	if (n == 1)
		return 1;
	if (*s < 0xc2 || *s > 0xf4)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	}
	/* Longer than need be, a surrogate, or beyond the last character. */
	if ((*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] > 0x9f) ||
	        (*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

static void put_string(FILE *f, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	putc('"', f);
	while (*s) {
		size_t n = utf8_len(s);

		if (!n)
			fprintf(f, "\\udc%02x", *s);
		else if (*s < ' ' || *s == 0x7f)
			fprintf(f, "\\u%04x", *s);
		else if (*s == '"' || *s == '\\')
			fprintf(f, "\\%c", *s);
		else
			fwrite(s, 1, n, f);
		s += n ? n : 1;
	}
	putc('"', f);
}

/* What comes before a value. */
static void put_head(struct json *j, const char *key)
{
	if (j->more)
		fputs(key ? ", " : ",\n  ", j->f);
	j->more = true;
	if (!key)
		return;
	put_string(j->f, key);
	fputs(": ", j->f);
}

struct json json_begin(FILE *f)
{
	putc('{', f);
	return (struct json){.f = f};
}

void json_finish(struct json *j)
{
	fputs("}\n", j->f);
}

void json_object(struct json *j, const char *key)
{
	put_head(j, key);
	putc('{', j->f);
	j->more = false;
}

void json_object_end(struct json *j)
{
	putc('}', j->f);
	j->more = true;
}

void json_array(struct json *j, const char *key)
{
	put_head(j, key);
	fputs("[\n  ", j->f);
	j->more = false;
}

void json_array_end(struct json *j)
{
	putc(']', j->f);
	j->more = true;
}

void json_text(struct json *j, const char *key, const char *text)
{
	put_head(j, key);
	put_string(j->f, text);
}

void json_texts(struct json *j, const char *key, char *const *texts)
{
	put_head(j, key);
	putc('[', j->f);
	for (size_t i = 0; texts[i]; i++) {
		fputs(i ? ", " : "", j->f);
		put_string(j->f, texts[i]);
	}
	putc(']', j->f);
}

void json_number(struct json *j, const char *key, uint64_t n)
{
	put_head(j, key);
	fprintf(j->f, "%llu", (unsigned long long)n);
}

void json_bool(struct json *j, const char *key, bool b)
{
	put_head(j, key);
	fputs(b ? "true" : "false", j->f);
}

/* --- reading --- */

struct reader {
	char *at; /* ends at a NUL, which no token holds */
	json_row_cb *cb;
	void *arg;
};

/* Whether `c` stands next, which is then passed. */
static bool take(struct reader *r, char c)
{
	r->at += strspn(r->at, " \t\r\n");
	if (*r->at != c)
		return false;
	r->at++;
	return true;
}

static int hex4(const char *s)
{
	int n = 0;

	for (int i = 0; i < 4; i++) {
		const char *digits = "0123456789abcdef",
		           *d = s[i] ? strchr(digits, s[i] | 0x20) : NULL;

		if (!d || (s[i] < '0'))
			return -1;
		n = n << 4 | (int)(d - digits);
	}
	return n;
}

/* The character after a backslash, as UTF-8 or as the byte that a lone surrogate stands for. The
 * writer makes no others. -1 if it is wrong. */
static int take_escape(struct reader *r, char **out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *simple = *r->at ? strchr(from, *r->at) : NULL;
	int c;

	if (simple) {
		*(*out)++ = to[simple - from];
		r->at++;
		return 0;
	}
	c = *r->at == 'u' ? hex4(r->at + 1) : -1;
	if (c <= 0 || (c >= 0x80 && (c < 0xdc80 || c > 0xdcff)))
		return -1;
	*(*out)++ = (char)(c & 0xff);
	r->at += 5;
	return 0;
}

/* A text, unescaped in its place; NULL if there is none. */
static const char *take_string(struct reader *r)
{
	char *start, *out;

	if (!take(r, '"'))
		return NULL;
	start = out = r->at;
	while (*r->at && *r->at != '"') {
		if (*r->at != '\\') {
			*out++ = *r->at++;
			continue;
		}
		r->at++;
		if (take_escape(r, &out) != 0)
			return NULL;
	}
	if (!*r->at)
		return NULL;
	r->at++;
	*out = 0;
	return start;
}

static bool take_word(struct reader *r, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(r->at, word, n) != 0)
		return false;
	r->at += n;
	return true;
}

static bool take_number(struct reader *r, uint64_t *n)
{
	const char *start = r->at;

	for (*n = 0; *r->at >= '0' && *r->at <= '9'; r->at++) {
		if (__builtin_mul_overflow(*n, 10u, n) ||
		        __builtin_add_overflow(*n, (uint64_t)(*r->at - '0'), n))
			return false;
	}
	return r->at > start;
}

static bool take_value(struct reader *r, struct json_field *f)
{
	f->text = "";
	f->number = 0;
	r->at += strspn(r->at, " \t\r\n");
	if (*r->at == '"') {
		f->text = take_string(r);
		return f->text != NULL;
	}
	if (take_word(r, "false"))
		return true;
	if (take_word(r, "true")) {
		f->number = 1;
		return true;
	}
	return take_number(r, &f->number);
}

/* "key": value into the row. */
static bool take_field(struct reader *r, const char *key, struct json_row *row)
{
	struct json_field f = {.key = key};

	if (row->n == JSON_FIELDS_MAX || !take_value(r, &f))
		return false;
	row->fields[row->n++] = f;
	return true;
}

/* What follows '{'. */
static bool take_row(struct reader *r, const char *section)
{
	struct json_row row = {0};

	if (!take(r, '}')) {
		do {
			const char *key = take_string(r);

			if (!key || !take(r, ':') || !take_field(r, key, &row))
				return false;
		} while (take(r, ','));
		if (!take(r, '}'))
			return false;
	}
	r->cb(r->arg, section, &row);
	return true;
}

/* What follows '['. */
static bool take_rows(struct reader *r, const char *section)
{
	if (take(r, ']'))
		return true;
	do {
		if (!take(r, '{') || !take_row(r, section))
			return false;
	} while (take(r, ','));
	return take(r, ']');
}

static bool take_member(struct reader *r, struct json_row *outside)
{
	const char *key = take_string(r);

	if (!key || !take(r, ':'))
		return false;
	if (take(r, '{'))
		return take_row(r, key);
	if (take(r, '['))
		return take_rows(r, key);
	return take_field(r, key, outside);
}

int json_read(char *text, size_t len, json_row_cb *cb, void *arg)
{
	struct reader r = {.at = text, .cb = cb, .arg = arg};
	struct json_row outside = {0};
	bool good = take(&r, '{');

	if (good && !take(&r, '}')) {
		do {
			good = take_member(&r, &outside);
		} while (good && take(&r, ','));
		good = good && take(&r, '}');
	}
	r.at += strspn(r.at, " \t\r\n");
	if (!good || r.at != text + len)
		return -EPROTO;
	cb(arg, "", &outside);
	return 0;
}

static const struct json_field *find(const struct json_row *r, const char *key)
{
	static const struct json_field none = {.key = "", .text = ""};

	for (unsigned i = 0; i < r->n; i++) {
		if (strcmp(r->fields[i].key, key) == 0)
			return &r->fields[i];
	}
	return &none;
}

const char *json_row_text(const struct json_row *r, const char *key)
{
	return find(r, key)->text;
}

uint64_t json_row_number(const struct json_row *r, const char *key)
{
	return find(r, key)->number;
}
