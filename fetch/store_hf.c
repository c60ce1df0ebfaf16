/* hf://: the Hugging Face Hub. */
#include "fetch/store.h"

#include <errno.h>
#include <stdio.h>

static int hf_open(struct store **out, const struct config *c, const struct profile *p,
        char err[static STORE_ERROR_MAX])
{
	(void)out, (void)c;
	snprintf(err, STORE_ERROR_MAX, "[profile %s]: this version of larder has no hf:// yet",
	        p->name);
	return -ENOTSUP;
}

const struct store_ops store_hf = {
        .name = "hf",
        .open = hf_open,
};
