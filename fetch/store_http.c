/*
 * http:// and https://: any web server. An object is the remote's address followed by its key;
 * there are no listings (a profile may name a manifest instead). docs/stores/http.md is its page
 * for users.
 */
#include "fetch/store.h"
#include "fetch/http_login.h"
#include "fetch/manifest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SHOWN_MAX                                                                                  \
	200 /* bytes of an address in a message, so that the remedy behind it is never cut */
#define EXPLAINED_MAX 256

struct store {
	const struct profile *profile;
	struct http_login *login;
};

/* What is wrong with a remote that must stand before any key as it is, or NULL. */
static const char *remote_fault(const char *remote)
{
	const char *rest = strstr(remote, "://");

	if (!rest || !rest[3] || rest[3] == '/')
		return "it names no host; write https://host/folder";
	size_t host_len = strcspn(rest + 3, "/");
	if (memchr(rest + 3, '@', host_len))
		return "it holds a user name or password; remove it, they would show in logs";
	for (const unsigned char *c = (const unsigned char *)rest; *c; c++)
		if (*c <= ' ' || *c >= 0x7f || strchr("?#\"<>\\^`{|}", *c))
			return "it holds a character that an address cannot have; write it as %XX";
	return NULL;
}

static int http_open(struct store **out, const struct config *c, const struct profile *p,
        char err[static STORE_ERROR_MAX])
{
	const char *fault = remote_fault(p->remote);

	/* The remote itself is not shown: it may be the part with the password. */
	if (fault) {
		snprintf(err, STORE_ERROR_MAX, "%s:%d: [profile %s] remote: %s", c->file, p->line,
		        p->name, fault);
		return -EINVAL;
	}
	if (*p->manifest && !manifest_path_ok(p->manifest, strlen(p->manifest))) {
		snprintf(err, STORE_ERROR_MAX,
		        "%s:%d: [profile %s] manifest: not a path under the remote; write it "
		        "without a leading "
		        "'/' and without '.' or '..'",
		        c->file, p->line, p->name);
		return -EINVAL;
	}
	struct store *s = calloc(1, sizeof(*s));
	if (s)
		s->login = http_login_new(c, p);
	if (!s || !s->login) {
		free(s);
		snprintf(err, STORE_ERROR_MAX, "[profile %s]: out of memory; close other programs",
		        p->name);
		return -ENOMEM;
	}
	s->profile = p;
	*out = s;
	return 0;
}

static void http_close(struct store *s)
{
	http_login_free(s->login);
	free(s);
}

/* The address of a key, to be freed; NULL without memory. */
static char *make_url(const struct store *s, const char *key)
{
	const char *remote = s->profile->remote;
	size_t key_len = strlen(key), len = strlen(remote);

	while (len && remote[len - 1] == '/')
		len--;
	size_t size = len + 1 + 3 * key_len + 1;
	char *url = malloc(size);
	if (!url)
		return NULL;
	memcpy(url, remote, len);
	url[len++] = '/';
	if (store_uri_encode(url, size, &len, key, key_len, true) || len >= size) {
		free(url);
		return NULL;
	}
	url[len] = '\0';
	return url;
}

static enum login_need http_needs_login(struct store *s, int64_t now)
{
	return http_login_needs(s->login, now);
}

static int http_log_in(struct store *s, char err[static STORE_ERROR_MAX])
{
	return http_login_read(s->login, err);
}

static void http_logged_in(struct store *s, int error)
{
	http_login_take(s->login, error);
}

static int add_headers(const struct store *s, struct curl_slist **list)
{
	const char *line = http_login_line(s->login);
	struct curl_slist *longer;

	/* An encoded body is not the object, and has another length and ETag. */
	*list = curl_slist_append(NULL, "Accept-Encoding: identity");
	if (!*list || !line)
		return *list ? 0 : -ENOMEM;
	longer = curl_slist_append(*list, line);
	return longer ? 0 : -ENOMEM;
}

static int http_request(struct store *s, const struct store_args *a, struct store_request *out,
        char err[static STORE_ERROR_MAX])
{
	const char *name = s->profile->name;

	*out = (struct store_request){.ca_file = s->profile->ca_file};
	if (a->op == STORE_LIST) {
		snprintf(err, STORE_ERROR_MAX,
		        "[profile %s]: HTTP has no listings; put a list of the files at the remote "
		        "and name it "
		        "by `manifest`",
		        name);
		return -ENOTSUP;
	}
	/* libcurl and servers resolve dot segments: such a key would leave the remote. */
	if (!manifest_path_ok(a->key, strlen(a->key))) {
		snprintf(err, STORE_ERROR_MAX,
		        "[profile %s]: a key with an empty, '.' or '..' segment cannot exist over "
		        "HTTP; check "
		        "the path",
		        name);
		return -ENOENT;
	}
	out->url = make_url(s, a->key);
	if (add_headers(s, &out->headers) || !out->url) {
		store_request_release(out);
		snprintf(err, STORE_ERROR_MAX, "[profile %s]: out of memory; close other programs",
		        name);
		return -ENOMEM;
	}
	return 0;
}

#define CERTIFICATE "the server wants a certificate of yours; set client_cert and client_key"

/* What an error status means: the first row whose range holds it. */
static const struct verdict {
	long first, last;
	int code;
	bool retry;
	const char *why; /* NULL: it depends on the credentials */
} verdicts[] = {
        {0, 0, -EIO, true,
                "no valid HTTP answer; check that `remote` is the address of a web server"},
        {300, 399, -EIO, false,
                "the redirect leads nowhere; open the address in a browser and set `remote` to "
                "where it ends"},
        {401, 401, -EACCES, false, NULL},
        {403, 403, -EACCES, false, NULL},
        {404, 404, -ENOENT, false, "no such object; check the path and the profile's `remote`"},
        {407, 407, -EACCES, false,
                "the proxy wants credentials: proxy = http://user:password@host:port"},
        {408, 408, -EIO, true, "the server waited too long for the request; check the network"},
        {410, 410, -ENOENT, false,
                "the object was removed for good; ask its owner for the new place"},
        {412, 412, -ESTALE, false, "the object changed while it was read; open it again"},
        {416, 416, -EIO, false,
                "the server has no such range, so the object is shorter than it was; open it "
                "again"},
        {429, 429, -EIO, true, "too many requests; lower `max_connections` or wait"},
        {495, 496, -EACCES, false, CERTIFICATE},
        {500, 599, -EIO, true, "the server failed; try again later, or see the server's own log"},
        {0, 999, -EIO, false, "an answer that cannot be used; check `remote` with curl -I"},
};

/* How a server that refuses them can be satisfied. */
static void explain_refusal(const struct store *s, long status, char out[static EXPLAINED_MAX])
{
	const char *source = http_login_source(s->login);

	if (!http_login_known(s->login))
		snprintf(out, EXPLAINED_MAX, "%s; %.150s",
		        status == 401 ? "the server wants credentials"
		                      : "the server does not show it to everybody",
		        source);
	else if (status == 401)
		snprintf(out, EXPLAINED_MAX,
		        "the server does not take the credentials of %.150s; correct them there",
		        source);
	else
		snprintf(out, EXPLAINED_MAX,
		        "the server does not show it to the user whose credentials are in %.150s",
		        source);
}

/* As nginx says it, with the status of any bad request. */
static bool wants_certificate(long status, const char *body, size_t len)
{
	static const char words[] = "SSL certificate";

	return status == 400 && memmem(body, len, words, sizeof words - 1);
}

static int http_error(struct store *s, const struct store_args *a, struct response *r,
        const char *body, size_t body_len, bool *retry, bool *again,
        char err[static STORE_ERROR_MAX])
{
	const struct verdict *v = verdicts, *last = v + sizeof(verdicts) / sizeof(verdicts[0]) - 1;
	char *url = make_url(s, a->key), why[EXPLAINED_MAX];
	long status = r->status;

	/* Otherwise the body is a page for people, in any language and of any length. */
	if (wants_certificate(status, body, body_len))
		status = 496;
	while (v < last && (status < v->first || status > v->last))
		v++;
	*retry = v->retry;
	*again = status == 401 && http_login_refused(s->login, a->now, time(NULL));
	if (v->why)
		snprintf(why, sizeof why, "%s", v->why);
	else
		explain_refusal(s, status, why);
	/* The encoded address has no control characters, and can be given to curl as it is. */
	snprintf(err, STORE_ERROR_MAX, "%s %.*s: HTTP status %ld: %s",
	        a->op == STORE_HEAD ? "HEAD" : "GET", SHOWN_MAX, url ? url : s->profile->name,
	        r->status, why);
	free(url);
	return v->code;
}

static int64_t http_who(struct store *s, char out[static STORE_ERROR_MAX])
{
	snprintf(out, STORE_ERROR_MAX, "%s", http_login_who(s->login));
	return 0;
}

const struct store_ops store_http = {
        .name = "http",
        .follows_redirects = true,
        .open = http_open,
        .close = http_close,
        .needs_login = http_needs_login,
        .login = http_log_in,
        .logged_in = http_logged_in,
        .who = http_who,
        .request = http_request,
        .error = http_error,
};
