#include "fetch/http_login.h"
#include "fetch/header_lines.h"
#include "fetch/login.h"
#include "fetch/netrc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#define HEAD      "Authorization: "
#define HOST_MAX  255
#define TOKEN_MAX (16 << 10)               /* bytes of a token's file */
#define BASIC_MAX (2 * NETRC_WORD_MAX + 2) /* "user:password" and NUL */

/* A line, and where it is from. */
struct line {
	char *text;
	char source[CONFIG_PATH_MAX + 64];
};

struct http_login {
	const struct config *config;
	const struct profile *profile;
	char host[HOST_MAX + 1]; /* of the remote, without port and brackets */
	char netrc[CONFIG_PATH_MAX];
	bool reads;        /* there is a file to read */
	bool given;        /* `headers` has the line */
	struct line now;   /* of the loop */
	struct line next;  /* of the worker, until http_login_take */
	int64_t read_at;   /* seconds; 0: never */
	int64_t change_at; /* when the line became another one */
	bool refused;      /* read before the next request */
};

static void line_wipe(struct line *l)
{
	if (l->text)
		login_wipe(l->text, strlen(l->text));
	*l = (struct line){0};
}

static char *joined(const char *scheme, const char *value)
{
	size_t size = sizeof HEAD + strlen(scheme) + 1 + strlen(value) + 1;
	char *text = malloc(size);

	if (text)
		snprintf(text, size, HEAD "%s %s", scheme, value);
	return text;
}

/* The host in "http://host:port/…" or "https://[::1]/…". */
static void set_host(struct http_login *l)
{
	const char *s = l->profile->authority;
	size_t n = *s == '[' ? strcspn(++s, "]") : strcspn(s, ":");

	snprintf(l->host, sizeof l->host, "%.*s", (int)(n < HOST_MAX ? n : HOST_MAX), s);
}

static void find_netrc(struct http_login *l)
{
	const char *env = getenv("NETRC");

	if (*l->profile->netrc)
		snprintf(l->netrc, sizeof l->netrc, "%s", l->profile->netrc);
	else if (env && *env)
		snprintf(l->netrc, sizeof l->netrc, "%s", env);
	else if (*l->config->home)
		snprintf(l->netrc, sizeof l->netrc, "%s/.netrc", l->config->home);
}

struct http_login *http_login_new(const struct config *c, const struct profile *p)
{
	struct http_login *l = calloc(1, sizeof *l);

	if (!l)
		return NULL;
	l->config = c;
	l->profile = p;
	set_host(l);
	snprintf(l->now.source, sizeof l->now.source,
	        "give them in netrc, bearer_token_file or headers");
	l->given = header_lines_have(p->headers, "Authorization");
	if (l->given || p->anonymous) {
		snprintf(l->now.source, sizeof l->now.source, "%s",
		        l->given ? "headers" : "anonymous = true sends none");
	} else if (*p->bearer_token) {
		l->now.text = joined("Bearer", p->bearer_token);
		snprintf(l->now.source, sizeof l->now.source, "bearer_token");
	} else {
		find_netrc(l);
		l->reads = *p->bearer_token_file || *l->netrc;
	}
	return l;
}

void http_login_free(struct http_login *l)
{
	if (!l)
		return;
	line_wipe(&l->now);
	line_wipe(&l->next);
	free(l);
}

const char *http_login_line(const struct http_login *l)
{
	return l->now.text;
}

bool http_login_known(const struct http_login *l)
{
	return l->given || l->now.text;
}

const char *http_login_source(const struct http_login *l)
{
	return l->now.source;
}

const char *http_login_who(const struct http_login *l)
{
	const struct profile *p = l->profile;

	if (http_login_known(l))
		return l->now.source;
	if (l->read_at || !l->reads)
		return "";
	return *p->bearer_token_file ? p->bearer_token_file : p->netrc;
}

bool http_login_refused(struct http_login *l, int64_t sent, int64_t now)
{
	if (!l->reads)
		return false;
	if (l->change_at && sent <= l->change_at)
		return true; /* it was an older line */
	l->refused = now - l->read_at >= HTTP_LOGIN_AGAIN_S;
	return l->refused;
}

enum login_need http_login_needs(struct http_login *l, int64_t now)
{
	if (!l->reads)
		return LOGIN_NONE;
	if (!l->read_at || l->refused)
		return LOGIN_NOW;
	return now - l->read_at >= HTTP_LOGIN_FRESH_S ? LOGIN_SOON : LOGIN_NONE;
}

/* -- On a worker -- */

static int read_token(struct http_login *l, char err[static STORE_ERROR_MAX])
{
	const char *path = l->profile->bearer_token_file;
	char *token;
	int error;

	token = login_token_file(path, true, TOKEN_MAX, &error, err);
	if (!token)
		return error == -ENOMEM ? error : -EACCES;
	l->next.text = joined("Bearer", token);
	login_wipe(token, strlen(token));
	snprintf(l->next.source, sizeof l->next.source, "%s", path);
	return l->next.text ? 0 : -ENOMEM;
}

static char *basic(const struct netrc_entry *e)
{
	char plain[BASIC_MAX];
	unsigned char coded[4 * ((BASIC_MAX + 2) / 3) + 1];
	int n = snprintf(plain, sizeof plain, "%s:%s", e->user, e->password);
	char *text;

	EVP_EncodeBlock(coded, (unsigned char *)plain, n);
	text = joined("Basic", (char *)coded);
	OPENSSL_cleanse(plain, sizeof plain);
	OPENSSL_cleanse(coded, sizeof coded);
	return text;
}

/* Of a netrc that nobody named, what cannot be used is as if it were not there; a refusal tells. */
static int read_netrc(struct http_login *l, char err[static STORE_ERROR_MAX])
{
	bool named = *l->profile->netrc;
	struct netrc_entry *e = malloc(sizeof *e);
	size_t len = 0;
	int error = -ENOMEM;
	char *text = e ? login_file(l->netrc, true, NETRC_MAX, &len, &error, err) : NULL;

	if (!text && (named || error == -ENOMEM)) {
		free(e);
		return error == -ENOMEM ? error : -EACCES;
	}
	if (!text) {
		snprintf(l->next.source, sizeof l->next.source, "%.*s",
		        (int)sizeof l->next.source - 1, error == -ENOENT ? l->now.source : err);
		free(e);
		return 0;
	}
	error = netrc_find(text, len, l->host, e);
	login_wipe(text, len);
	snprintf(l->next.source, sizeof l->next.source, "%s%s", l->netrc,
	        error == -ENOENT ? " has no entry of this host"
	        : error          ? ": it cannot be understood"
	                         : "");
	if (!error)
		l->next.text = basic(e);
	OPENSSL_cleanse(e, sizeof *e);
	free(e);
	if (error == -EINVAL && named) {
		snprintf(err, STORE_ERROR_MAX, "%.400s", l->next.source);
		return -EACCES;
	}
	return error || l->next.text ? 0 : -ENOMEM;
}

int http_login_read(struct http_login *l, char err[static STORE_ERROR_MAX])
{
	line_wipe(&l->next);
	return *l->profile->bearer_token_file ? read_token(l, err) : read_netrc(l, err);
}

void http_login_take(struct http_login *l, int error)
{
	const char *old = l->now.text, *new = l->next.text;
	int64_t now = time(NULL);

	l->refused = false;
	if (error) {
		line_wipe(&l->next);
		return;
	}
	if (l->read_at && (!old != !new || (old && strcmp(old, new) != 0)))
		l->change_at = now;
	l->read_at = now;
	line_wipe(&l->now);
	l->now = l->next;
	l->next = (struct line){0};
}
