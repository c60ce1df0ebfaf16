#include "fetch/sigv4.h"
#include "fetch/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#define HASH_SIZE  32
#define HEX_SIZE   (2 * HASH_SIZE + 1)
#define SCOPE_SIZE 160  /* date/region/service/aws4_request, or goog4_request */
#define NAMES_SIZE 1536 /* header names, separated by ';' */

int sigv4_date(int64_t now, char date[static SIGV4_DATE_SIZE])
{
	struct tm tm;
	time_t t = now;

	if (!gmtime_r(&t, &tm) || tm.tm_year < -1900 || tm.tm_year > 9999 - 1900)
		return -ERANGE;
	return strftime(date, SIGV4_DATE_SIZE, "%Y%m%dT%H%M%SZ", &tm) ? 0 : -ERANGE;
}

/*
 * The place of a byte in the order of *encoded* text: what becomes "%XX" sorts before every byte
 * that stays, since '%' is less than all of them, and by its value among its like.
 */
static int encoded_rank(unsigned char c)
{
	char text[4];
	size_t len = 0;

	if (!c)
		return 0;
	store_uri_encode(text, sizeof text, &len, (const char *)&c, 1, false);
	return text[0] == '%' ? c : 256 + c;
}

static int encoded_cmp(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return encoded_rank(*a) - encoded_rank(*b);
}

static int param_cmp(const void *a, const void *b)
{
	const struct sigv4_pair *p = a, *q = b;
	int order = encoded_cmp(p->name, q->name);

	return order ? order : encoded_cmp(p->value, q->value);
}

static int append_char(char *out, size_t size, size_t *len, char c)
{
	if (*len + 1 >= size)
		return -ENAMETOOLONG;
	out[(*len)++] = c;
	return 0;
}

int sigv4_query(struct sigv4_pair *params, size_t n, char *out, size_t size, size_t *len)
{
	int err = 0;

	if (n)
		qsort(params, n, sizeof *params, param_cmp);
	for (size_t i = 0; i < n && !err; i++) {
		const struct sigv4_pair *p = &params[i];

		err = i ? append_char(out, size, len, '&') : 0;
		if (!err)
			err = store_uri_encode(out, size, len, p->name, strlen(p->name), false);
		if (!err)
			err = append_char(out, size, len, '=');
		if (!err)
			err = store_uri_encode(out, size, len, p->value, strlen(p->value), false);
	}
	return err;
}

static void hex(const unsigned char hash[HASH_SIZE], char out[HEX_SIZE])
{
	for (size_t i = 0; i < HASH_SIZE; i++)
		snprintf(out + 2 * i, 3, "%02x", hash[i]);
}

static bool add(EVP_MD_CTX *ctx, const char *text, const char *end)
{
	return EVP_DigestUpdate(ctx, text, strlen(text)) && EVP_DigestUpdate(ctx, end, strlen(end));
}

/* Hashes the canonical request as it is put together; it is never in memory whole. */
static int canonical_hash(const struct sigv4_request *r, const char *names, char out[HEX_SIZE])
{
	unsigned char hash[HASH_SIZE];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) && add(ctx, r->method, "\n") &&
	          add(ctx, r->path, "\n") && add(ctx, r->query, "\n");

	for (size_t i = 0; i < r->n_headers && ok; i++)
		ok = add(ctx, r->headers[i].name, ":") && add(ctx, r->headers[i].value, "\n");
	ok = ok && add(ctx, "", "\n") && add(ctx, names, "\n") && add(ctx, r->payload_hash, "") &&
	     EVP_DigestFinal_ex(ctx, hash, NULL);
	EVP_MD_CTX_free(ctx);
	if (!ok)
		return -ENOMEM;
	hex(hash, out);
	return 0;
}

static int signed_names(const struct sigv4_request *r, char out[NAMES_SIZE])
{
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < r->n_headers; i++) {
		int n = snprintf(
		        out + len, NAMES_SIZE - len, "%s%s", i ? ";" : "", r->headers[i].name);
		if (n < 0 || (size_t)n >= NAMES_SIZE - len)
			return -EINVAL;
		len += n;
	}
	return 0;
}

/* key := HMAC-SHA256(key, text); the key is as long as the hash from the second step on. */
static bool hmac_step(unsigned char key[HASH_SIZE], const char *text)
{
	unsigned char next[HASH_SIZE];
	bool ok = HMAC(EVP_sha256(), key, HASH_SIZE, (const unsigned char *)text, strlen(text),
	        next, NULL);

	memcpy(key, next, HASH_SIZE);
	OPENSSL_cleanse(next, sizeof next);
	return ok;
}

/* What differs between the vendors. */
static const struct words {
	const char *algorithm, *key, *end;
} vendors[] = {
        {"AWS4-HMAC-SHA256", "AWS4", "aws4_request"},
        {"GOOG4-HMAC-SHA256", "GOOG4", "goog4_request"},
};

static int sign(const struct sigv4_request *r, const char *secret, const char *text,
        char signature[HEX_SIZE])
{
	unsigned char key[HASH_SIZE];
	const struct words *w = &vendors[r->google];
	char first[5 + SIGV4_SECRET_MAX + 1], day[9];
	int n = snprintf(first, sizeof first, "%s%s", w->key, secret);

	snprintf(day, sizeof day, "%.8s", r->date);
	bool ok = HMAC(EVP_sha256(), first, n, (const unsigned char *)day, 8, key, NULL) &&
	          hmac_step(key, r->region) && hmac_step(key, r->service) &&
	          hmac_step(key, w->end) && hmac_step(key, text);
	if (ok)
		hex(key, signature);
	OPENSSL_cleanse(key, sizeof key);
	OPENSSL_cleanse(first, sizeof first);
	return ok ? 0 : -ENOMEM;
}

int sigv4_authorization(const struct sigv4_request *r, const char *access_key_id,
        const char *secret, char out[static SIGV4_AUTH_SIZE])
{
	char names[NAMES_SIZE], scope[SCOPE_SIZE], hash[HEX_SIZE], signature[HEX_SIZE];
	char text[sizeof "GOOG4-HMAC-SHA256" + SIGV4_DATE_SIZE + SCOPE_SIZE + HEX_SIZE];
	const struct words *w = &vendors[r->google];
	int n, err;

	if (strlen(r->date) != SIGV4_DATE_SIZE - 1 || strlen(secret) > SIGV4_SECRET_MAX)
		return -EINVAL;
	n = snprintf(scope, sizeof scope, "%.8s/%s/%s/%s", r->date, r->region, r->service, w->end);
	if (n < 0 || (size_t)n >= sizeof scope)
		return -EINVAL;
	err = signed_names(r, names);
	if (!err)
		err = canonical_hash(r, names, hash);
	if (err)
		return err;
	snprintf(text, sizeof text, "%s\n%s\n%s\n%s", w->algorithm, r->date, scope, hash);
	err = sign(r, secret, text, signature);
	if (err)
		return err;
	n = snprintf(out, SIGV4_AUTH_SIZE, "%s Credential=%s/%s,SignedHeaders=%s,Signature=%s",
	        w->algorithm, access_key_id, scope, names, signature);
	return n < 0 || n >= SIGV4_AUTH_SIZE ? -EINVAL : 0;
}
