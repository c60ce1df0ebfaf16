/*
 * The headers of the S3 store's requests, and their signature.
 *
 * Follows the Amazon S3 User Guide, "Using server-side encryption with customer-provided keys" and
 * "Using Requester Pays buckets".
 */
#include "fetch/header_lines.h"
#include "fetch/sigv4.h"
#include "fetch/store_s3_parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <arpa/inet.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#define KEY_SIZE    32 /* bytes of an AES-256 key */
#define KEY_BASE64  44 /* of it */
#define HEADERS_MAX (9 + HEADER_LINES_SIGNED)

/* Whether the endpoint is on this machine, with or without a port behind it. */
static bool is_loopback(const char *host)
{
	char name[HOST_MAX + 1];
	struct in_addr v4;

	if (!strncmp(host, "[::1]", 5))
		return true;
	snprintf(name, sizeof name, "%.*s", (int)strcspn(host, ":"), host);
	return !strcmp(name, "localhost") ||
	       (inet_pton(AF_INET, name, &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127);
}

static int take_key(struct store *s, char *err)
{
	const char *text = s->profile->encryption_key;
	unsigned char key[KEY_BASE64], md5[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	bool good = strlen(text) == KEY_BASE64 && text[KEY_BASE64 - 1] == '=' &&
	            text[KEY_BASE64 - 2] != '=' &&
	            EVP_DecodeBlock(key, (const unsigned char *)text, KEY_BASE64) == KEY_SIZE + 1;

	if (!*text)
		return 0;
	if (good && EVP_Digest(key, KEY_SIZE, md5, &len, EVP_md5(), NULL) != 1)
		return store_fail(err, -ENOTSUP,
		        "[profile %s]: encryption_key cannot be used: this machine's OpenSSL has "
		        "no MD5, as in FIPS mode",
		        s->profile->name);
	EVP_EncodeBlock((unsigned char *)s->key_md5, md5, (int)len);
	OPENSSL_cleanse(key, sizeof key);
	if (!good)
		return store_fail(err, -EINVAL,
		        "[profile %s]: encryption_key is no key; write the 32 bytes of an AES-256 "
		        "key as base64",
		        s->profile->name);
	if (strcmp(s->scheme, "https") && !is_loopback(s->host))
		return store_fail(err, -EINVAL,
		        "[profile %s]: encryption_key is sent over https alone, or to this "
		        "machine; correct the endpoint",
		        s->profile->name);
	return 0;
}

int s3_options(struct store *s, char *err)
{
	const char *payer = s->profile->request_payer;

	if (*payer && strcmp(payer, "requester"))
		return store_fail(err, -EINVAL,
		        "[profile %s]: request_payer is `requester` or not set", s->profile->name);
	return take_key(s, err);
}

/* Sorted by name, as they are signed. */
struct headers {
	struct sigv4_pair all[HEADERS_MAX];
	size_t n;
	char own[HEADER_LINES_TEXT]; /* of the profile's `headers` */
};

static void put(struct headers *h, bool wanted, const char *name, const char *value)
{
	if (wanted)
		h->all[h->n++] = (struct sigv4_pair){name, value};
}

/* The Host header is given although libcurl would make one: it must be the one that was signed. */
static void choose(const struct store *s, const struct store_args *a, const char *host,
        const char *date, struct headers *h)
{
	const struct credentials *c = &s->credentials;
	bool keys = *c->access_key_id, object = a->op != STORE_LIST && *s->key_md5;

	h->n = 0;
	put(h, true, "host", host);
	put(h, s3_asks_checksums(s, a), "x-amz-checksum-mode", "ENABLED");
	put(h, keys, "x-amz-content-sha256", SIGV4_EMPTY_SHA256);
	put(h, keys, "x-amz-date", date);
	put(h, *s->profile->request_payer, "x-amz-request-payer", s->profile->request_payer);
	put(h, keys && *c->session_token, "x-amz-security-token", c->session_token);
	put(h, object, "x-amz-server-side-encryption-customer-algorithm", "AES256");
	put(h, object, "x-amz-server-side-encryption-customer-key", s->profile->encryption_key);
	put(h, object, "x-amz-server-side-encryption-customer-key-md5", s->key_md5);
}

int s3_headers(const struct store *s, const struct store_args *a, const char *host,
        const char *path, const char *query, struct curl_slist **list)
{
	const struct credentials *c = &s->credentials;
	char date[SIGV4_DATE_SIZE], authorization[SIGV4_AUTH_SIZE];
	struct headers h;
	struct sigv4_request r = {.method = a->op == STORE_HEAD ? "HEAD" : "GET",
	        .path = path,
	        .query = query,
	        .headers = h.all,
	        .payload_hash = SIGV4_EMPTY_SHA256,
	        .date = date,
	        .region = s->region,
	        .service = "s3"};
	int err = header_lines_put(list, "accept-encoding", "identity");

	if (!err)
		err = sigv4_date(a->now + s->skew, date);
	choose(s, a, host, date, &h);
	if (!err)
		err = header_lines_sign(
		        s->profile->headers, S3_SIGNED_PREFIX, h.all, &h.n, HEADERS_MAX, h.own);
	r.n_headers = h.n;
	for (size_t i = 0; i < h.n && !err; i++)
		err = header_lines_put(list, h.all[i].name, h.all[i].value);
	if (!err && *c->access_key_id)
		err = sigv4_authorization(
		        &r, c->access_key_id, c->secret_access_key, authorization);
	OPENSSL_cleanse(h.own, sizeof h.own);
	return err || !*c->access_key_id ? err
	                                 : header_lines_put(list, "authorization", authorization);
}
