#include "fetch/page_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int page_list_begin(void **list, size_t size, const struct xml_reader *reader, const char *prefix,
        const char *token, store_entry_cb *cb, void *arg)
{
	struct page_list *l;

	*list = NULL;
	if (strlen(prefix) > STORE_KEY_MAX || strlen(token) > STORE_TOKEN_MAX)
		return -ENAMETOOLONG;
	l = calloc(1, size);
	if (!l)
		return -ENOMEM;
	l->xml = xml_new(reader, l);
	if (!l->xml) {
		free(l);
		return -ENOMEM;
	}
	memcpy(l->prefix, prefix, strlen(prefix));
	memcpy(l->asked_token, token, strlen(token));
	l->cb = cb;
	l->arg = arg;
	*list = l;
	return 0;
}

int page_list_feed(void *list, const char *data, size_t len)
{
	struct page_list *l = list;

	return xml_feed(l->xml, data, len);
}

bool page_list_goes_on(const struct page_list *l)
{
	return *l->token && strcmp(l->token, l->asked_token) != 0;
}

void page_list_free(struct page_list *l)
{
	xml_free(l->xml);
	free(l);
}
