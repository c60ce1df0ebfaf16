#include "fetch/gcs_jwt.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#define KEY_BITS_MIN 2048
#define KEY_BITS_MAX 8192
#define CLAIMS_MAX   2048 /* bytes of the claims, before the encoding */

/* Whether text can stand in JSON as it is: addresses and names can. */
static bool is_plain(const char *s)
{
	for (; *s; s++)
		if (*s < ' ' || *s > '~' || *s == '"' || *s == '\\')
			return false;
	return true;
}

/* Appends base64 with the alphabet for addresses and without padding (RFC 4648, section 5). */
static int append_base64(char *out, size_t *len, const void *data, size_t n)
{
	char *to = out + *len;

	if ((n + 2) / 3 * 4 + 1 > GCS_JWT_MAX - *len)
		return -EMSGSIZE;
	*len += EVP_EncodeBlock((unsigned char *)to, data, n);
	while (*len && out[*len - 1] == '=')
		out[--*len] = '\0';
	for (; *to; to++)
		*to = *to == '+' ? '-' : *to == '/' ? '_' : *to;
	return 0;
}

/* There is no passphrase, and nobody to ask for one. */
static int no_passphrase(char *to, int size, int writing, void *arg)
{
	(void)to, (void)size, (void)writing, (void)arg;
	return -1;
}

static EVP_PKEY *read_key(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;

	BIO_free(bio);
	if (key && (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA ||
	                   EVP_PKEY_get_bits(key) < KEY_BITS_MIN ||
	                   EVP_PKEY_get_bits(key) > KEY_BITS_MAX)) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	return key;
}

static int append_signature(char *out, size_t *len, const char *pem)
{
	unsigned char signature[KEY_BITS_MAX / 8];
	size_t n = sizeof signature;
	EVP_PKEY *key = read_key(pem);
	EVP_MD_CTX *ctx = key ? EVP_MD_CTX_new() : NULL;
	int err = key ? -ENOMEM : -EINVAL;

	if (ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	        EVP_DigestSign(ctx, signature, &n, (unsigned char *)out, *len) == 1) {
		out[(*len)++] = '.';
		err = append_base64(out, len, signature, n);
	}
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return err;
}

int gcs_jwt(const struct gcs_jwt *j, char out[static GCS_JWT_MAX])
{
	char head[512], claims[CLAIMS_MAX];
	size_t len = 0;
	int n, m, err;

	out[0] = '\0';
	if (!is_plain(j->key_id) || !is_plain(j->issuer) || !is_plain(j->audience) ||
	        !is_plain(j->scope))
		return -EINVAL;
	n = snprintf(head, sizeof head, "{\"alg\":\"RS256\",\"typ\":\"JWT\"%s%s%s}",
	        *j->key_id ? ",\"kid\":\"" : "", j->key_id, *j->key_id ? "\"" : "");
	m = snprintf(claims, sizeof claims,
	        "{\"iss\":\"%s\",\"scope\":\"%s\",\"aud\":\"%s\",\"iat\":%lld,\"exp\":%lld}",
	        j->issuer, j->scope, j->audience, (long long)j->now,
	        (long long)j->now + GCS_JWT_LIFE_S);
	if (n >= (int)sizeof head || m >= (int)sizeof claims)
		return -EMSGSIZE;
	err = append_base64(out, &len, head, n);
	if (!err && len < GCS_JWT_MAX - 1)
		out[len++] = '.';
	if (!err)
		err = append_base64(out, &len, claims, m);
	if (!err)
		err = append_signature(out, &len, j->key);
	if (err)
		OPENSSL_cleanse(out, GCS_JWT_MAX);
	return err;
}
