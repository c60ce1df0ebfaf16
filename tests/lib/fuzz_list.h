/*
 * What the fuzz targets of listings' pages share. Whatever a server sends, each name is a single
 * segment within its limits.
 */
#include "fetch/store.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The callback of a page. */
static int check_entry(void *arg, const struct store_entry *e)
{
	(void)arg;
	if (e->name_len > STORE_KEY_MAX || memchr(e->name, '/', e->name_len) ||
	        memchr(e->name, '\0', e->name_len) || e->info->size > INT64_MAX ||
	        strlen(e->info->etag) > STORE_ETAG_MAX)
		abort();
	return 0;
}

/* Hands it over in pieces of `step` bytes, until it is refused. */
static void feed_page(int (*feed)(void *page, const char *data, size_t len), void *page,
        const uint8_t *data, size_t size, size_t step)
{
	for (size_t at = 0; at < size; at += step)
		if (feed(page, (const char *)data + at, size - at < step ? size - at : step))
			break;
}
