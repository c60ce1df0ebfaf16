/*
 * Listings of the Hugging Face Hub: a page of a repository's tree, one array of JSON objects.
 *
 * A page is held until it is whole, at most HF_PAGE_MAX bytes; the next one is named by a header
 * (response.next). See store_ops.list_begin for the calls.
 */
#ifndef LARDER_FETCH_HF_LIST_H
#define LARDER_FETCH_HF_LIST_H

#include "fetch/store.h"

#define HF_PAGE_MAX (4 << 20) /* bytes; the Hub sends at most 1000 entries */

/* `prefix` is that of all names of the page, from the repository's top: "" or ending in '/'. */
int hf_list_begin(void **state, const char *prefix, store_entry_cb *cb, void *arg);
int hf_list_feed(void *state, const char *data, size_t len);
int hf_list_end(void *state, char token[STORE_TOKEN_MAX + 1]);

/* What the Hub calls a generation of the bytes: the SHA-256 of what lies in LFS, else the id of the
 * blob in git. `len` bytes of hexadecimal digits, with or without quotes; false if it is none. */
bool hf_generation(struct object_info *info, const char *text, size_t len);

#endif
