#include "fetch/store_key.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#define KEY_SIZE 32 /* of AES-256 */

int store_key_hash(const struct profile *p, char hash[static STORE_KEY_BASE64 + 1],
        char err[static STORE_ERROR_MAX])
{
	const char *text = p->encryption_key;
	unsigned char key[STORE_KEY_BASE64], sum[SHA256_DIGEST_LENGTH];
	/* One byte more, for the padding. */
	bool good =
	        strlen(text) == STORE_KEY_BASE64 && text[STORE_KEY_BASE64 - 1] == '=' &&
	        text[STORE_KEY_BASE64 - 2] != '=' &&
	        EVP_DecodeBlock(key, (const unsigned char *)text, STORE_KEY_BASE64) == KEY_SIZE + 1;

	hash[0] = '\0';
	if (good) {
		SHA256(key, KEY_SIZE, sum);
		EVP_EncodeBlock((unsigned char *)hash, sum, sizeof sum);
	}
	OPENSSL_cleanse(key, sizeof key);
	if (good || !*text)
		return 0;
	snprintf(err, STORE_ERROR_MAX,
	        "[profile %s]: encryption_key is no key; write the 32 bytes of an AES-256 key as "
	        "base64",
	        p->name);
	return -EINVAL;
}
