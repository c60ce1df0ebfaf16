/*
 * Who we are to the Hugging Face Hub, from the places where its own client looks.
 *
 * Token, the first of: `credentials_file` of the profile; HF_TOKEN; HUGGING_FACE_HUB_TOKEN; the
 * file HF_TOKEN_PATH, else token in HF_HOME, else huggingface/token in XDG_CACHE_HOME or ~/.cache.
 * With `anonymous = true` or HF_HUB_DISABLE_IMPLICIT_TOKEN none of them. Address: `endpoint`,
 * HF_ENDPOINT, https://huggingface.co.
 */
#ifndef LARDER_FETCH_HF_TOKEN_H
#define LARDER_FETCH_HF_TOKEN_H

#include "fetch/store.h"

#define HF_TOKEN_MAX    1023 /* bytes; the Hub's own have 37 */
#define HF_ENDPOINT_MAX 511
#define HF_SOURCE_MAX   255

struct hf_token {
	char value[HF_TOKEN_MAX + 1];   /* "" if there is none */
	char source[HF_SOURCE_MAX + 1]; /* where it is from, or where it was looked for */
};

/* No token at all is a success. Reads a small file. -errno with a message that names variable or
 * file, and never the token. */
int hf_token_load(struct hf_token *t, const struct profile *p, char err[static STORE_ERROR_MAX]);

/* The address, without a '/' at its end; 0 or -EINVAL with a message. */
int hf_endpoint(const struct profile *p, char out[static HF_ENDPOINT_MAX + 1],
        char err[static STORE_ERROR_MAX]);

#endif
