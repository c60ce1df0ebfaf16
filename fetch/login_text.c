/* The small formats of logins: files, forms, times, and for how long something is good. */
#include "fetch/login.h"
#include "fetch/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <openssl/crypto.h>

#define SKEW_S 5 /* before its end a credential is not sent any more */

void login_wipe(char *text, size_t len)
{
	if (text)
		OPENSSL_cleanse(text, len);
	free(text);
}

bool login_is_token(const char *value)
{
	if (!*value)
		return false;
	for (; *value; value++)
		if (*value <= ' ' || *value > '~')
			return false;
	return true;
}

/* Opens it; a descriptor, or -errno with a message. */
static int open_trusted(
        const char *path, bool secret, size_t max, size_t *size, char err[static STORE_ERROR_MAX])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), code;
	struct stat st;

	if (fd < 0 || fstat(fd, &st)) {
		code = -errno;
		snprintf(err, STORE_ERROR_MAX, "%.300s: %s", path, strerror(-code));
	} else if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size > max) {
		code = -EINVAL;
		snprintf(err, STORE_ERROR_MAX, "%.300s: not a plain file of at most %zu bytes",
		        path, max);
	} else {
		char untrusted[TRUST_ERROR_MAX];

		*size = (size_t)st.st_size;
		code = trust_file(fd, path, secret, untrusted);
		if (!code)
			return fd;
		snprintf(err, STORE_ERROR_MAX, "%.*s", STORE_ERROR_MAX - 1, untrusted);
	}
	if (fd >= 0)
		close(fd);
	return code;
}

char *login_file(const char *path, bool secret, size_t max, size_t *len, int *error,
        char err[static STORE_ERROR_MAX])
{
	size_t size = 0, n = 0;
	ssize_t got = 1;
	int fd =
	        open_trusted(path, secret, max < LOGIN_FILE_MAX ? max : LOGIN_FILE_MAX, &size, err);
	char *text = fd < 0 ? NULL : malloc(size + 1);

	*error = fd < 0 ? fd : text ? 0 : -ENOMEM;
	while (text && n < size && (got = read(fd, text + n, size - n)) > 0)
		n += (size_t)got;
	if (text && got < 0)
		*error = -errno;
	if (fd >= 0)
		close(fd);
	if (fd >= 0 && *error)
		snprintf(err, STORE_ERROR_MAX, "%.300s: %s", path, strerror(-*error));
	if (*error) {
		login_wipe(text, n);
		return NULL;
	}
	text[n] = '\0';
	*len = n;
	return text;
}

char *login_token_file(
        const char *path, bool secret, size_t max, int *error, char err[static STORE_ERROR_MAX])
{
	size_t len = 0, start;
	char *text = login_file(path, secret, max, &len, error, err);

	if (!text)
		return NULL;
	start = strspn(text, " \t\r\n");
	size_t end = strlen(text);
	bool whole = end == len;

	while (end > start && strchr(" \t\r\n", text[end - 1]))
		end--;
	memmove(text, text + start, end - start);
	OPENSSL_cleanse(text + (end - start), len - (end - start));
	text[end - start] = '\0';
	if (whole && login_is_token(text))
		return text;
	login_wipe(text, len);
	*error = -EINVAL;
	snprintf(err, STORE_ERROR_MAX,
	        "%.300s: it is empty, or holds a space or control character within", path);
	return NULL;
}

int login_form(char *out, size_t size, size_t *len, const char *name, const char *value)
{
	size_t at = *len;
	int err = at && at + 1 >= size ? -ENAMETOOLONG : 0;

	if (!err && at)
		out[at++] = '&';
	if (!err)
		err = store_uri_encode(out, size, &at, name, strlen(name), false);
	if (!err && at + 1 >= size)
		err = -ENAMETOOLONG;
	if (!err) {
		out[at++] = '=';
		err = store_uri_encode(out, size, &at, value, strlen(value), false);
	}
	if (err)
		out[*len] = '\0';
	else
		*len = at;
	return err;
}

/* Two digits; -1 if they are none. */
static int two(const char *s)
{
	bool good = s[0] >= '0' && s[0] <= '9' && s[1] >= '0' && s[1] <= '9';

	return good ? (s[0] - '0') * 10 + (s[1] - '0') : -1;
}

/* "Z", "UTC", "+01:00", "-0330": seconds east of Greenwich. */
static bool take_zone(const char *text, int64_t *east)
{
	int h, m;

	*east = 0;
	if (!strcmp(text, "Z") || !strcmp(text, "z") || !strcmp(text, "UTC"))
		return true;
	if ((*text != '+' && *text != '-') || strlen(text) < 5 || strlen(text) > 6)
		return false;
	h = two(text + 1);
	m = two(text + (text[3] == ':' ? 4 : 3));
	if (h < 0 || h > 14 || m < 0 || m > 59 || strlen(text) != (text[3] == ':' ? 6 : 5))
		return false;
	*east = (h * 60 + m) * (*text == '-' ? -60 : 60);
	return true;
}

int64_t login_time(const char *text)
{
	struct tm tm = {0};
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	int64_t east;

	if (!end)
		return INT64_MIN;
	if (*end == '.') {
		size_t digits = strspn(end + 1, "0123456789");

		if (!digits)
			return INT64_MIN;
		end += 1 + digits;
	}
	return take_zone(end, &east) ? timegm(&tm) - east : INT64_MIN;
}

enum login_need login_due(int64_t since, int64_t until, int64_t now)
{
	int64_t ahead;

	if (!until)
		return LOGIN_NONE;
	if (now >= until - SKEW_S)
		return LOGIN_NOW;
	ahead = since < until ? (until - since) / 10 : 0;
	if (ahead > LOGIN_AHEAD_S)
		ahead = LOGIN_AHEAD_S;
	return now >= until - ahead ? LOGIN_SOON : LOGIN_NONE;
}
