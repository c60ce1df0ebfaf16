/*
 * One value of a JSON text (RFC 8259), without a tree of it: the text is walked once, checked to
 * its end, and what stands at the path is copied out. It may come from anybody.
 */
#include "fetch/login.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>

struct walk {
	const char *at, *end;
	char *out;
	size_t size;
	int found; /* -ENOENT until it is; then 0 or what was wrong with it */
};

static bool value(struct walk *w, const char *path, unsigned depth);

static void space(struct walk *w)
{
	while (w->at < w->end && memchr(" \t\r\n", *w->at, 4))
		w->at++;
}

static bool take(struct walk *w, char c)
{
	space(w);
	if (w->at == w->end || *w->at != c)
		return false;
	w->at++;
	return true;
}

static bool hex4(struct walk *w, unsigned *n)
{
	*n = 0;
	for (int i = 0; i < 4; i++, w->at++) {
		static const char digits[] = "0123456789abcdefABCDEF";
		const char *d = w->at < w->end ? memchr(digits, *w->at, 22) : NULL;

		if (!d)
			return false;
		*n = *n << 4 | (unsigned)(d - digits - (d - digits > 15 ? 6 : 0));
	}
	return true;
}

/* UTF-8 of a character; its length. */
static size_t encode(unsigned c, char out[4])
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (size_t i = n - 1; i; i--, c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)((n == 2 ? 0xc0 : n == 3 ? 0xe0 : 0xf0) | c);
	return n;
}

/* What follows a backslash, as UTF-8 in `out`; 0 if it is wrong. */
static size_t escape(struct walk *w, char out[4])
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *simple = w->at < w->end ? memchr(from, *w->at, 8) : NULL;
	unsigned c, low;

	if (simple) {
		w->at++;
		return encode((unsigned char)to[simple - from], out);
	}
	if (w->at == w->end || *w->at++ != 'u' || !hex4(w, &c) || (c >= 0xdc00 && c < 0xe000))
		return 0;
	if (c >= 0xd800 && c < 0xdc00) {
		if (w->end - w->at < 2 || *w->at++ != '\\' || *w->at++ != 'u' || !hex4(w, &low) ||
		        low < 0xdc00 || low >= 0xe000)
			return 0;
		c = 0x10000 + ((c - 0xd800) << 10 | (low - 0xdc00));
	}
	return encode(c, out);
}

/* A text, into out[size] if `out` is not NULL: -EMSGSIZE and -EPROTO (a NUL) in *fit. False if it
 * is none. */
static bool string(struct walk *w, char *out, size_t size, int *fit)
{
	size_t len = 0;

	*fit = 0;
	if (!take(w, '"'))
		return false;
	for (;;) {
		char bytes[4];
		size_t n = 1;

		if (w->at == w->end || (unsigned char)*w->at < ' ')
			return false;
		bytes[0] = *w->at++;
		if (bytes[0] == '"')
			break;
		if (bytes[0] == '\\' && !(n = escape(w, bytes)))
			return false;
		if (!bytes[0])
			*fit = -EPROTO;
		else if (!*fit && (!out || len + n >= size))
			*fit = -EMSGSIZE;
		if (!*fit)
			memcpy(out + len, bytes, n);
		len += n;
	}
	if (out)
		out[*fit ? 0 : len] = '\0';
	return true;
}

/* What is left of a path behind its first name, if that is `name`; else NULL. */
static const char *below(const char *path, const char *name)
{
	size_t len = strlen(name);

	if (!path || !*path || strncmp(path, name, len) != 0 || (path[len] && path[len] != '/'))
		return NULL;
	return path[len] ? path + len + 1 : path + len;
}

static void copy(struct walk *w, const char *text, size_t len)
{
	w->found = len < w->size ? 0 : -EMSGSIZE;
	if (w->found)
		return;
	memcpy(w->out, text, len);
	w->out[len] = '\0';
}

/* A member: its value, or its name where "@N" asks for that. */
static bool member(struct walk *w, const char *path, unsigned i, unsigned depth)
{
	char name[256], by_number[16];
	const char *rest;
	int fit;

	space(w);
	if (!string(w, name, sizeof name, &fit) || !take(w, ':'))
		return false;
	snprintf(by_number, sizeof by_number, "@%u", i);
	rest = below(path, by_number);
	if (rest && !*rest && w->found == -ENOENT) {
		w->found = fit;
		if (!fit)
			copy(w, name, strlen(name));
	}
	snprintf(by_number, sizeof by_number, "*%u", i);
	rest = below(path, by_number);
	return value(w, rest ? rest : fit ? NULL : below(path, name), depth);
}

static bool object(struct walk *w, const char *path, unsigned depth)
{
	unsigned i = 0;

	if (take(w, '}'))
		return true;
	do {
		if (!member(w, path, i++, depth))
			return false;
	} while (take(w, ','));
	return take(w, '}');
}

static bool array(struct walk *w, const char *path, unsigned depth)
{
	char name[24];
	unsigned i = 0;

	if (take(w, ']'))
		return true;
	do {
		snprintf(name, sizeof name, "%u", i++);
		if (!value(w, below(path, name), depth))
			return false;
	} while (take(w, ','));
	return take(w, ']');
}

static bool digits(struct walk *w)
{
	const char *start = w->at;

	while (w->at < w->end && *w->at >= '0' && *w->at <= '9')
		w->at++;
	return w->at > start;
}

static bool number(struct walk *w)
{
	if (w->at < w->end && *w->at == '-')
		w->at++;
	if (w->at < w->end && *w->at == '0')
		w->at++;
	else if (!digits(w))
		return false;
	if (w->at < w->end && *w->at == '.') {
		w->at++;
		if (!digits(w))
			return false;
	}
	if (w->at == w->end || (*w->at != 'e' && *w->at != 'E'))
		return true;
	w->at++;
	if (w->at < w->end && (*w->at == '+' || *w->at == '-'))
		w->at++;
	return digits(w);
}

static bool word(struct walk *w, const char *text)
{
	size_t len = strlen(text);

	if ((size_t)(w->end - w->at) < len || memcmp(w->at, text, len) != 0)
		return false;
	w->at += len;
	return true;
}

/* A number or a word, taken as it stands. */
static bool plain(struct walk *w, bool wanted)
{
	const char *start = w->at;

	if (word(w, "null"))
		return true;
	if (!word(w, "true") && !word(w, "false") && !number(w))
		return false;
	if (wanted)
		copy(w, start, (size_t)(w->at - start));
	return true;
}

/* A value; `path` is what is still to be found below it: "" is this one, NULL nothing. */
static bool value(struct walk *w, const char *path, unsigned depth)
{
	bool wanted = path && !*path && w->found == -ENOENT;
	int fit;

	space(w);
	if (w->at == w->end || depth == LOGIN_DEPTH_MAX)
		return false;
	if (*w->at == '{' || *w->at == '[') {
		bool is_object = *w->at++ == '{';

		if (wanted)
			w->found = -EPROTO;
		return is_object ? object(w, path, depth + 1) : array(w, path, depth + 1);
	}
	if (*w->at != '"')
		return plain(w, wanted);
	if (!string(w, wanted ? w->out : NULL, wanted ? w->size : 0, &fit))
		return false;
	if (wanted)
		w->found = fit;
	return true;
}

int login_json(const char *text, size_t len, const char *path, char *out, size_t size)
{
	struct walk w = {.at = text, .end = text + len, .out = out, .size = size, .found = -ENOENT};

	out[0] = '\0';
	if (!value(&w, path, 0))
		w.found = -EPROTO;
	space(&w);
	if (w.at != w.end)
		w.found = -EPROTO;
	if (w.found)
		OPENSSL_cleanse(out, size);
	return w.found;
}
