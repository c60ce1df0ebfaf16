/*
 * A page of Azure's List Blobs as it arrives, for a request with delimiter=/ and include=metadata.
 *
 * Follows the List Blobs page of the Blob service's REST reference, from version 2021-12-02 on
 * (names that XML cannot hold are percent-encoded and say so). xml.h's limits hold. A blob of no
 * bytes that marks a directory is one: that with the metadata hdi_isfolder = true, as Hadoop and
 * accounts with a hierarchical namespace have it, or with <ResourceType>directory. It may come once
 * more as a prefix.
 */
#ifndef LARDER_FETCH_AZURE_LIST_H
#define LARDER_FETCH_AZURE_LIST_H

#include "fetch/store.h"

/* As s3_list.h; a page without <NextMarker>, which also the last one has, is refused. */
int azure_list_begin(
        void **list, const char *prefix, const char *token, store_entry_cb *cb, void *arg);
int azure_list_feed(void *list, const char *data, size_t len);
int azure_list_end(void *list, char token[STORE_TOKEN_MAX + 1]);

#endif
