/*
 * hf://: the Hugging Face Hub. docs/stores/hf.md is its page for users.
 *
 * A file is GET /<repository>/resolve/<revision>/<path>: small ones are sent at once, large ones
 * (LFS) by a redirect to another host. The redirect says what the bytes are (x-linked-etag, the
 * SHA-256), how many, and of which commit; the other host has an ETag of its own, which means
 * nothing here. So no condition is ever sent: the ranges of one object are held together by the
 * commit, and what each is of is compared by the Hub's own name for it.
 *
 * The Hub has no times of files (their last commits are costly to ask for), so they have that of
 * directories.
 */
#include "fetch/store.h"
#include "fetch/hf_list.h"
#include "fetch/hf_token.h"
#include "fetch/http_head.h"
#include "fetch/manifest.h"
#include "fetch/page.h"
#include "fetch/said.h"
#include "fetch/store_common.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>

#define SHOWN_MAX    150  /* bytes of a name in a message, so that the remedy is never cut */
#define PAGE_ENTRIES 1000 /* the most that the Hub gives */
#define COMMIT_HEX   40
#define RENEW_PAUSE  10 /* seconds between two looks for another token */

struct store {
	const struct profile *profile;
	struct hf_token token;
	char base[HF_ENDPOINT_MAX + 1];
	int64_t looked; /* for another token, store_args.now */
};

static void hf_close(struct store *s)
{
	OPENSSL_cleanse(&s->token, sizeof s->token);
	free(s);
}

static int hf_open(struct store **out, const struct config *c, const struct profile *p,
        char err[static STORE_ERROR_MAX])
{
	struct store *s = calloc(1, sizeof *s);
	int code;

	(void)c;
	if (!s) {
		snprintf(err, STORE_ERROR_MAX, "[profile %s]: out of memory", p->name);
		return -ENOMEM;
	}
	s->profile = p;
	code = hf_endpoint(p, s->base, err);
	if (!code)
		code = hf_token_load(&s->token, p, err);
	if (code)
		hf_close(s);
	else
		*out = s;
	return code;
}

/* What could lead out of the repository, as servers and proxies resolve it. */
static bool path_ok(const char *key)
{
	size_t len = strlen(key);

	/* A directory's name ends in '/'. */
	if (len && key[len - 1] == '/')
		len--;
	return !len || manifest_path_ok(key, len);
}

struct text {
	char *at;
	size_t len, size;
	int err;
};

static void put(struct text *t, const char *s)
{
	size_t n = strlen(s);

	if (t->err || n >= t->size - t->len) {
		t->err = -ENAMETOOLONG;
		return;
	}
	memcpy(t->at + t->len, s, n + 1);
	t->len += n;
}

static void put_encoded(struct text *t, const char *s, bool keep_slash)
{
	if (!t->err)
		t->err = store_uri_encode(t->at, t->size, &t->len, s, strlen(s), keep_slash);
	if (!t->err)
		t->at[t->len] = 0;
}

/* <base>[/api]/<repository>/<verb>/<revision>/<path>. Models have no kind in front, but for the
 * API. */
static void put_address(
        struct text *t, const struct store *s, const struct store_args *a, const char *verb)
{
	const struct profile *p = s->profile;
	bool list = a->op == STORE_LIST;
	bool model = strncmp(p->authority, "datasets/", 9) && strncmp(p->authority, "spaces/", 7);
	const char *revision = a->version && *a->version ? a->version : p->version;

	put(t, s->base);
	put(t, list && model ? "/api/models/" : list ? "/api/" : "/");
	put_encoded(t, p->authority, true);
	put(t, verb);
	put_encoded(t, *revision ? revision : "main", false);
	put(t, "/");
	put_encoded(t, p->prefix, true);
	put_encoded(t, a->key, true);
	while (list && t->len && t->at[t->len - 1] == '/')
		t->at[--t->len] = 0;
}

static void put_query(struct text *t, const struct store_args *a)
{
	char limit[32];

	snprintf(limit, sizeof limit, "?limit=%u",
	        a->max_keys && a->max_keys < PAGE_ENTRIES ? a->max_keys : PAGE_ENTRIES);
	put(t, limit);
	if (a->token && *a->token) {
		put(t, "&cursor=");
		put_encoded(t, a->token, false);
	}
}

static int add_headers(const struct store *s, struct store_request *out)
{
	char line[HF_TOKEN_MAX + 32];
	struct curl_slist *list;

	out->headers = curl_slist_append(NULL, "Accept-Encoding: identity");
	if (!out->headers || !*s->token.value)
		return out->headers ? 0 : -ENOMEM;
	snprintf(line, sizeof line, "Authorization: Bearer %s", s->token.value);
	list = curl_slist_append(out->headers, line);
	OPENSSL_cleanse(line, sizeof line);
	if (!list)
		return -ENOMEM;
	out->headers = list;
	return 0;
}

static int hf_request(struct store *s, const struct store_args *a, struct store_request *out,
        char err[static STORE_ERROR_MAX])
{
	struct text t = {
	        .size = HF_ENDPOINT_MAX + 3 * (2 * STORE_KEY_MAX + STORE_TOKEN_MAX + 1024)};

	*out = (struct store_request){.ca_file = s->profile->ca_file};
	if (!path_ok(a->key)) {
		snprintf(
		        err, STORE_ERROR_MAX, "git has no name with an empty, '.' or '..' segment");
		return -ENOENT;
	}
	out->url = t.at = malloc(t.size);
	if (t.at) {
		put_address(&t, s, a, a->op == STORE_LIST ? "/tree/" : "/resolve/");
		if (a->op == STORE_LIST)
			put_query(&t, a);
		if (!t.err)
			t.err = add_headers(s, out);
	}
	if (t.at && !t.err)
		return 0;
	store_request_release(out);
	snprintf(err, STORE_ERROR_MAX, "no request can be made: %s",
	        strerror(t.at ? -t.err : ENOMEM));
	return t.at ? t.err : -ENOMEM;
}

/* The cursor of the next page: <https://…&cursor=TEXT&…>; rel="next". */
static void take_next(struct response *r, const char *value, size_t len)
{
	static const char name[] = "cursor=";
	const char *end = memchr(value, '>', len), *at;

	if (!end || !memmem(end, (size_t)(value + len - end), "rel=\"next\"", 10))
		return;
	at = memmem(value, (size_t)(end - value), name, sizeof name - 1);
	if (!at || at == value || (at[-1] != '?' && at[-1] != '&'))
		return;
	at += sizeof name - 1;
	len = 0;
	while (at + len < end && at[len] != '&')
		len++;
	if (len > STORE_TOKEN_MAX)
		return;
	memcpy(r->next, at, len);
	if (page_decode(r->next, &len, true) || memchr(r->next, 0, len))
		len = 0;
	r->next[len] = 0;
}

static bool is_commit(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!strchr("0123456789abcdef", text[i]))
			return false;
	}
	return len == COMMIT_HEX;
}

/* Branches and tags have whatever commit they are at; a mirror may not tell it. */
static bool hf_is_version(const char *told, const char *wanted)
{
	return !*told || !is_commit(wanted, strlen(wanted)) || !strcmp(told, wanted);
}

static void hf_header(
        struct store *s, struct response *r, const char *name, const char *value, size_t len)
{
	struct object_info *linked = &r->linked;

	(void)s;
	if (strcmp(name, "x-repo-commit") == 0) {
		if (!*linked->version && is_commit(value, len))
			memcpy(linked->version, value, len);
	} else if (strcmp(name, "x-linked-etag") == 0) {
		if (!*linked->etag)
			hf_generation(linked, value, len);
	} else if (strcmp(name, "x-linked-size") == 0) {
		if (!linked->size && !http_parse_size(value, len, &linked->size))
			linked->size = 0;
	} else if (strcmp(name, "x-error-code") == 0) {
		snprintf(r->server_error, sizeof r->server_error, "%.*s",
		        (int)(len < 63 ? len : 63), value);
		said_code(r->server_error);
	} else if (strcmp(name, "link") == 0) {
		take_next(r, value, len);
	}
}

static void hf_head(struct store *s, struct response *r)
{
	(void)s;
	if (*r->linked.etag) {
		memcpy(r->info.etag, r->linked.etag, sizeof r->info.etag);
		r->info.sum = r->linked.sum;
		/* What lies behind the redirect need not answer a HEAD; what it is was said. */
		if (r->op == STORE_HEAD) {
			r->status = 200;
			r->info.size = r->linked.size ? r->linked.size : UINT64_MAX;
		}
	}
	memcpy(r->info.version, r->linked.version, sizeof r->info.version);
	r->info.mtime = STORE_MTIME_DIR;
}

/* What a failure means: the first row that fits. */
static const struct failure {
	const char *code; /* NULL: any */
	long first, last;
	int err;
	bool retry;
	const char *text;
} failures[] = {
        {"RepoNotFound", 0, 999, -EACCES, false,
                "no such repository, or a private one; check its name, or set HF_TOKEN to a token "
                "that may read it"},
        {"RevisionNotFound", 0, 999, -ENOENT, false,
                "the repository has no such branch, tag or commit; check what stands behind the @"},
        {"EntryNotFound", 0, 999, -ENOENT, false, "no such file at this revision"},
        {"GatedRepo", 0, 999, -EACCES, false,
                "the repository is gated: accept its terms on its page with your account, and set "
                "HF_TOKEN to a token of that account"},
        {"DisabledRepo", 0, 999, -EACCES, false, "the Hub has disabled the repository"},
        {NULL, 401, 401, -EACCES, false,
                "the Hub wants a token, or refuses this one; get one under Settings, Access "
                "Tokens, and set HF_TOKEN"},
        {NULL, 403, 403, -EACCES, false,
                "access is denied; the token needs the right to read this repository"},
        {NULL, 404, 404, -ENOENT, false, "no such file, revision or repository"},
        {NULL, 407, 407, -EACCES, false,
                "the proxy wants credentials; correct `proxy`, or the environment's"},
        {NULL, 408, 408, -EIO, true, "the server waited too long for the request"},
        {NULL, 416, 416, -ESTALE, false, "the file is shorter than it was; open it again"},
        {NULL, 429, 429, -EIO, true,
                "too many requests for this account or address; set HF_TOKEN, or lower "
                "max_connections"},
        {NULL, 500, 599, -EIO, true, "the Hub failed; see status.huggingface.co"},
        {NULL, 0, 999, -EIO, false, "an answer that cannot be used; check HF_ENDPOINT"},
};

/* Whether there is another token by now. */
static bool renew_token(struct store *s, const struct store_args *a)
{
	struct hf_token fresh;
	char err[STORE_ERROR_MAX];
	bool changed;

	if (s->looked && a->now - s->looked < RENEW_PAUSE)
		return false;
	s->looked = a->now;
	changed = hf_token_load(&fresh, s->profile, err) == 0 &&
	          strcmp(fresh.value, s->token.value) != 0;
	if (changed)
		s->token = fresh;
	OPENSSL_cleanse(&fresh, sizeof fresh);
	return changed;
}

static int hf_error(struct store *s, const struct store_args *a, struct response *r,
        const char *body, size_t body_len, bool *retry, bool *again,
        char err[static STORE_ERROR_MAX])
{
	const struct failure *f = failures;
	const struct profile *p = s->profile;
	char name[SHOWN_MAX + 1];

	(void)body, (void)body_len;
	while ((f->code && strcmp(f->code, r->server_error)) || r->status < f->first ||
	        r->status > f->last)
		f++;
	*retry = f->retry;
	*again = f->err == -EACCES && renew_token(s, a);
	snprintf(name, sizeof name, "hf://%s@%s/%s%s", p->authority,
	        a->version && *a->version ? a->version : "main", p->prefix, a->key);
	store_shown(name);
	snprintf(err, STORE_ERROR_MAX, "%s: HTTP %ld%s%.63s: %s%s%.100s%s", name, r->status,
	        *r->server_error ? " " : "", r->server_error, f->text,
	        f->err == -EACCES ? " (token: " : "", f->err == -EACCES ? s->token.source : "",
	        f->err == -EACCES ? ")" : "");
	return f->err;
}

static int hf_list_page(
        struct store *s, const struct store_args *a, store_entry_cb *cb, void *arg, void **state)
{
	char prefix[STORE_KEY_MAX + 1];
	int n = snprintf(prefix, sizeof prefix, "%s%s", s->profile->prefix, a->key);

	if (n < 0 || n > STORE_KEY_MAX)
		return -ENAMETOOLONG;
	return hf_list_begin(state, prefix, cb, arg);
}

static int64_t hf_who(struct store *s, char out[static STORE_ERROR_MAX])
{
	snprintf(out, STORE_ERROR_MAX, "%s", s->token.source);
	return 0;
}

const struct store_ops store_hf = {
        .name = "hf",
        .lists = true,
        .listing_etags = true,
        .follows_redirects = true,
        .by_version = true,
        .open = hf_open,
        .close = hf_close,
        .request = hf_request,
        .header = hf_header,
        .is_version = hf_is_version,
        .head = hf_head,
        .error = hf_error,
        .who = hf_who,
        .list_begin = hf_list_page,
        .list_feed = hf_list_feed,
        .list_end = hf_list_end,
};
