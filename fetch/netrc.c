#include "fetch/netrc.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <openssl/crypto.h>

struct reader {
	const char *at, *end;
	bool line_began; /* nothing but blanks since the last newline */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_line(struct reader *r)
{
	while (r->at < r->end && *r->at != '\n')
		r->at++;
}

/* Goes to the next word; false at the end. */
static bool find_word(struct reader *r)
{
	for (; r->at < r->end; r->at++) {
		if (*r->at == '\n')
			r->line_began = true;
		else if (*r->at == '#' && r->line_began)
			skip_line(r), r->at--;
		else if (!is_blank(*r->at))
			return true;
	}
	return false;
}

static char unescaped(char c)
{
	return c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c;
}

/* The next word: 0, -ENOENT at the end, -EINVAL if it cannot be one. */
static int read_word(struct reader *r, char out[static NETRC_WORD_MAX + 1])
{
	size_t n = 0;
	bool quoted;

	out[0] = '\0';
	if (!find_word(r))
		return -ENOENT;
	r->line_began = false;
	quoted = *r->at == '"';
	r->at += quoted;
	while (r->at < r->end && (quoted ? *r->at != '"' : !is_blank(*r->at))) {
		char c = *r->at++;

		if (c == '\\' && quoted && r->at < r->end)
			c = unescaped(*r->at++);
		if (n == NETRC_WORD_MAX || (unsigned char)c < ' ' || c == 0x7f)
			return -EINVAL;
		out[n++] = c;
	}
	out[n] = '\0';
	if (quoted && r->at == r->end)
		return -EINVAL;
	r->at += quoted;
	return 0;
}

/* A macro ends at an empty line. */
static void skip_macro(struct reader *r)
{
	for (;;) {
		skip_line(r);
		if (r->at == r->end)
			return;
		r->at++;
		if (r->at == r->end || *r->at == '\n' || *r->at == '\r')
			return;
	}
}

/* Takes `word` and what belongs to it. Sets *ours where an entry begins that is the host's. 1 when
 * the host's entry has ended. */
static int take(
        struct reader *r, const char *word, const char *host, bool *ours, struct netrc_entry *out)
{
	char value[NETRC_WORD_MAX + 1];
	bool machine = !strcmp(word, "machine"), all = !strcmp(word, "default");
	int err;

	if ((machine || all) && *ours)
		return 1;
	if (all) {
		*ours = true;
		return 0;
	}
	if (!strcmp(word, "macdef")) {
		skip_macro(r);
		return 0;
	}
	if (!machine && strcmp(word, "login") && strcmp(word, "password") &&
	        strcmp(word, "account"))
		return 0;
	err = read_word(r, value);
	if (err)
		return *ours ? -EINVAL : err;
	if (machine)
		*ours = !strcasecmp(value, host);
	else if (*ours && *word == 'l')
		memcpy(out->user, value, sizeof value);
	else if (*ours && *word == 'p')
		memcpy(out->password, value, sizeof value);
	/* It may be the password of this machine or of another one. */
	OPENSSL_cleanse(value, sizeof value);
	return 0;
}

int netrc_find(const char *text, size_t len, const char *host, struct netrc_entry *out)
{
	struct reader r = {.at = text, .end = text + len, .line_began = true};
	char word[NETRC_WORD_MAX + 1];
	bool ours = false;
	int err = 0;

	memset(out, 0, sizeof *out);
	while (!err) {
		err = read_word(&r, word);
		if (!err)
			err = take(&r, word, host, &ours, out);
	}
	if (err == 1 || (err == -ENOENT && ours))
		return 0;
	return err == -EINVAL && !ours ? -EINVAL : err;
}
