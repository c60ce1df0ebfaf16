/* az://: Azure Blob Storage. */
#include "fetch/store.h"

#include <errno.h>
#include <stdio.h>

static int azure_open(struct store **out, const struct config *c, const struct profile *p,
        char err[static STORE_ERROR_MAX])
{
	(void)out, (void)c;
	snprintf(err, STORE_ERROR_MAX, "[profile %s]: this version of larder has no az:// yet",
	        p->name);
	return -ENOTSUP;
}

const struct store_ops store_azure = {
        .name = "az",
        .open = azure_open,
};
