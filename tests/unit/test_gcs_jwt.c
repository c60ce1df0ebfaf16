/* The JSON Web Tokens of a service account. */
#include "fetch/gcs_jwt.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#define NOW 1328550785

static EVP_PKEY *key;
static char pem[8192], token[GCS_JWT_MAX];

static void write_pem(EVP_PKEY *k)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int n;

	assert_true(PEM_write_bio_PrivateKey(bio, k, NULL, NULL, 0, NULL, NULL));
	n = BIO_read(bio, pem, sizeof pem - 1);
	assert_true(n > 0);
	pem[n] = '\0';
	BIO_free(bio);
}

static int make_key(void **state)
{
	(void)state;
	key = EVP_RSA_gen(2048);
	write_pem(key);
	return !key;
}

static int free_key(void **state)
{
	(void)state;
	EVP_PKEY_free(key);
	return 0;
}

static int sign(const char *issuer)
{
	return gcs_jwt(&(struct gcs_jwt){pem, "key-1", issuer,
	                       "https://oauth2.googleapis.com/token", "scope", NOW},
	        token);
}

/* A part of the token, decoded; its length. */
static size_t decode(const char *from, size_t len, unsigned char *out)
{
	char text[GCS_JWT_MAX];
	size_t padded = (len + 3) / 4 * 4;

	for (size_t i = 0; i < padded; i++)
		text[i] = i >= len ? '=' : from[i] == '-' ? '+' : from[i] == '_' ? '/' : from[i];
	assert_int_equal(EVP_DecodeBlock(out, (unsigned char *)text, (int)padded), padded / 4 * 3);
	return padded / 4 * 3 - (padded - len);
}

static void test_holds_the_claims_and_a_signature_of_the_key(void **state)
{
	unsigned char part[GCS_JWT_MAX];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const char *dot, *last;
	size_t n;

	(void)state;
	assert_int_equal(sign("reader@project.iam.gserviceaccount.com"), 0);
	dot = strchr(token, '.');
	last = strrchr(token, '.');
	n = decode(token, dot - token, part);
	part[n] = '\0';
	assert_string_equal((char *)part, "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"key-1\"}");
	n = decode(dot + 1, last - dot - 1, part);
	part[n] = '\0';
	assert_string_equal((char *)part,
	        "{\"iss\":\"reader@project.iam.gserviceaccount.com\",\"scope\":\"scope\","
	        "\"aud\":\"https://oauth2.googleapis.com/token\",\"iat\":1328550785,\"exp\":"
	        "1328554385}");
	n = decode(last + 1, strlen(last + 1), part);
	assert_int_equal(n, 256);
	assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key), 1);
	assert_int_equal(EVP_DigestVerify(ctx, part, n, (unsigned char *)token, last - token), 1);
	EVP_MD_CTX_free(ctx);
}

static void test_takes_no_text_that_would_need_escapes(void **state)
{
	(void)state;
	assert_int_equal(sign("a\"b"), -EINVAL);
	assert_int_equal(sign("a\nb"), -EINVAL);
	assert_string_equal(token, "");
}

static void test_refuses_what_is_too_long(void **state)
{
	char issuer[3000];

	(void)state;
	memset(issuer, 'x', sizeof issuer - 1);
	issuer[sizeof issuer - 1] = '\0';
	assert_int_equal(sign(issuer), -EMSGSIZE);
}

static void test_takes_only_rsa_keys_of_a_good_size(void **state)
{
	EVP_PKEY *weak = EVP_RSA_gen(1024), *other = EVP_EC_gen("P-256");

	(void)state;
	write_pem(weak);
	assert_int_equal(sign("a"), -EINVAL);
	write_pem(other);
	assert_int_equal(sign("a"), -EINVAL);
	EVP_PKEY_free(weak);
	EVP_PKEY_free(other);
	snprintf(pem, sizeof pem, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
	assert_int_equal(sign("a"), -EINVAL);
	pem[0] = '\0';
	assert_int_equal(sign("a"), -EINVAL);
}

/* It must not wait for a passphrase at a terminal. */
static void test_refuses_an_encrypted_key(void **state)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char secret[] = "secret";
	int n;

	(void)state;
	assert_true(PEM_write_bio_PrivateKey(
	        bio, key, EVP_aes_128_cbc(), (unsigned char *)secret, 6, NULL, NULL));
	n = BIO_read(bio, pem, sizeof pem - 1);
	pem[n] = '\0';
	BIO_free(bio);
	assert_int_equal(sign("a"), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_holds_the_claims_and_a_signature_of_the_key),
	        cmocka_unit_test(test_takes_no_text_that_would_need_escapes),
	        cmocka_unit_test(test_refuses_what_is_too_long),
	        cmocka_unit_test(test_takes_only_rsa_keys_of_a_good_size),
	        cmocka_unit_test(test_refuses_an_encrypted_key),
	};

	return cmocka_run_group_tests(tests, make_key, free_key);
}
