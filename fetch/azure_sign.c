#include "fetch/azure_sign.h"
#include "fetch/page.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#define HASH_SIZE   32
#define TIME_MAX    63 /* bytes of a SAS's time, percent-encoded */
#define BASE64_SIZE 45 /* of a hash, with the NUL */

int azure_date(int64_t now, char date[static AZURE_DATE_SIZE])
{
	static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char months[12][4] = {
	        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	struct tm tm;
	time_t t = now;

	if (!gmtime_r(&t, &tm) || tm.tm_year < -1900 || tm.tm_year > 9999 - 1900)
		return -ERANGE;
	/* Not by strftime, whose names are the locale's. */
	snprintf(date, AZURE_DATE_SIZE, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[tm.tm_wday],
	        tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
	return 0;
}

int azure_key(const char *text, uint8_t key[static AZURE_KEY_MAX], size_t *len)
{
	uint8_t out[AZURE_KEY_MAX + 3];
	size_t n = strlen(text), padding = 0;
	int got;

	while (padding < 2 && padding < n && text[n - 1 - padding] == '=')
		padding++;
	if (!n || n % 4 || n / 4 * 3 - padding > AZURE_KEY_MAX)
		return -EINVAL;
	/* It also takes blanks, which no key has. */
	if (strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") !=
	        n - padding)
		return -EINVAL;
	got = EVP_DecodeBlock(out, (const unsigned char *)text, (int)n);
	if (got >= 0) {
		*len = (size_t)got - padding;
		memcpy(key, out, *len);
	}
	OPENSSL_cleanse(out, sizeof out);
	return got < 0 ? -EINVAL : 0;
}

static bool add(EVP_MAC_CTX *ctx, const char *text, const char *end)
{
	return EVP_MAC_update(ctx, (const unsigned char *)text, strlen(text)) &&
	       EVP_MAC_update(ctx, (const unsigned char *)end, strlen(end));
}

/* The string to sign, as it is put together; it is never in memory whole. */
static bool add_request(EVP_MAC_CTX *ctx, const struct azure_request *r)
{
	/* Content-Encoding, -Language, -Length, -MD5 and -Type, Date (x-ms-date holds) and
	 * If-Modified-Since are empty. */
	bool ok = add(ctx, r->method, "\n\n\n\n\n\n\n\n") && add(ctx, r->if_match, "\n") &&
	          add(ctx, r->if_none_match, "\n\n") && add(ctx, r->range, "\n");

	for (size_t i = 0; i < r->n_headers && ok; i++)
		ok = add(ctx, r->headers[i].name, ":") && add(ctx, r->headers[i].value, "\n");
	ok = ok && add(ctx, "/", r->account) && add(ctx, r->path, "");
	for (size_t i = 0; i < r->n_params && ok; i++)
		ok = add(ctx, "\n", r->params[i].name) && add(ctx, ":", r->params[i].value);
	return ok;
}

int azure_authorization(const struct azure_request *r, const uint8_t *key, size_t key_len,
        char out[static AZURE_AUTH_SIZE])
{
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;
	char digest[] = "SHA256";
	const OSSL_PARAM params[] = {
	        OSSL_PARAM_construct_utf8_string("digest", digest, 0), OSSL_PARAM_construct_end()};
	unsigned char hash[HASH_SIZE], text[BASE64_SIZE];
	size_t len;
	bool ok = ctx && EVP_MAC_init(ctx, key, key_len, params) && add_request(ctx, r) &&
	          EVP_MAC_final(ctx, hash, &len, sizeof hash);
	int n;

	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(mac);
	if (!ok)
		return -ENOMEM;
	EVP_EncodeBlock(text, hash, sizeof hash);
	n = snprintf(out, AZURE_AUTH_SIZE, "SharedKey %s:%s", r->account, text);
	return n < 0 || n >= AZURE_AUTH_SIZE ? -EINVAL : 0;
}

/* The parameter's value, up to '&'; NULL if it is not there. */
static const char *sas_value(const char *sas, const char *name, size_t *len)
{
	size_t n = strlen(name);

	while (sas) {
		if (!strncmp(sas, name, n) && sas[n] == '=') {
			sas += n + 1;
			*len = strcspn(sas, "&");
			return sas;
		}
		sas = strchr(sas, '&');
		sas += sas != NULL;
	}
	return NULL;
}

bool azure_sas_ok(const char *sas)
{
	size_t len;

	for (const char *c = sas; *c; c++)
		if (*c <= ' ' || *c > '~' || strchr("\"#<>?\\^`{|}", *c))
			return false;
	return sas_value(sas, "sig", &len) && len;
}

int64_t azure_sas_end(const char *sas)
{
	static const char *const formats[] = {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%MZ", "%Y-%m-%d"};
	char text[TIME_MAX + 1];
	size_t len;
	const char *value = sas_value(sas, "se", &len);

	if (!value || len > TIME_MAX)
		return INT64_MAX;
	memcpy(text, value, len);
	if (page_decode(text, &len, false))
		return INT64_MAX;
	text[len] = '\0';
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
		struct tm tm = {0};
		const char *end = strptime(text, formats[i], &tm);

		if (end && (!*end || *end == 'Z' || *end == '.'))
			return timegm(&tm);
	}
	return INT64_MAX;
}
