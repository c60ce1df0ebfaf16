/*
 * A page of a listing in XML while it arrives: what the parsers of stores keep alike. A parser's
 * own state begins with a struct page_list, and its readers get that state.
 */
#ifndef LARDER_FETCH_PAGE_LIST_H
#define LARDER_FETCH_PAGE_LIST_H

#include "fetch/page.h"
#include "fetch/xml.h"

struct page_list {
	struct xml *xml;
	char prefix[STORE_KEY_MAX + 1], asked_token[STORE_TOKEN_MAX + 1];
	char token[STORE_TOKEN_MAX + 1]; /* of the next page, for the parser to fill */
	store_entry_cb *cb;
	void *arg;
};

/* Makes a state of `size` bytes, zero but for the page_list. As s3_list.h: 0, -ENAMETOOLONG or
 * -ENOMEM, and then *list is NULL. */
int page_list_begin(void **list, size_t size, const struct xml_reader *reader, const char *prefix,
        const char *token, store_entry_cb *cb, void *arg);

int page_list_feed(void *list, const char *data, size_t len);

/* Whether the token that came leads on: it is there, and not the one that was asked with. */
bool page_list_goes_on(const struct page_list *l);

/* Frees the state. */
void page_list_free(struct page_list *l);

#endif
