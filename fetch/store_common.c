#include "fetch/store_common.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int store_fail(char *err, int code, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(err, STORE_ERROR_MAX, format, ap);
	va_end(ap);
	return code;
}

void store_shown(char *name)
{
	for (; *name; name++)
		if ((unsigned char)*name < ' ' || *name == 0x7f)
			*name = '?';
}

int store_prefix(const char *prefix, const char *key, char out[static STORE_KEY_MAX + 1])
{
	int n = snprintf(out, STORE_KEY_MAX + 1, "%s%s", prefix, key);

	return n < 0 || n > STORE_KEY_MAX ? -ENAMETOOLONG : 0;
}

int store_path(char *path, size_t size, const char *base, const char *bucket, const char *prefix,
        const struct store_args *a)
{
	size_t len = snprintf(path, size, "%s/", base);
	int err = store_uri_encode(path, size, &len, bucket, strlen(bucket), false);

	if (err || a->op == STORE_LIST)
		return err;
	err = store_uri_encode(path, size, &len, "/", 1, true);
	if (!err)
		err = store_uri_encode(path, size, &len, prefix, strlen(prefix), true);
	return err ? err : store_uri_encode(path, size, &len, a->key, strlen(a->key), true);
}

/* What is the same whichever store it stands in front of. */
static const struct store_failure common[] = {
        {NULL, 407, -EACCES, 0,
                "the proxy wants credentials; correct `proxy`, or the environment's"},
        {NULL, 408, -EIO, STORE_RETRY, "the server waited too long for the request"},
        {NULL, 429, -EIO, STORE_RETRY, "too many requests; lower max_connections"},
        {NULL, 500, -EIO, STORE_RETRY, "the server failed"},
        {NULL, 502, -EIO, STORE_RETRY, "the gateway cannot reach the server"},
        {NULL, 503, -EIO, STORE_RETRY, "the server is busy or down"},
        {NULL, 504, -EIO, STORE_RETRY, "the gateway cannot reach the server"},
};

const struct store_failure *store_failure_of(
        const struct store_failure *rows, const char *code, long status)
{
	for (; rows->code || rows->status; rows++)
		if ((!rows->status || rows->status == status) &&
		        (!rows->code || !strcmp(rows->code, code)))
			return rows;
	for (size_t i = 0; i < sizeof common / sizeof *common; i++)
		if (common[i].status == status)
			return &common[i];
	return rows;
}
