/* The two files that AWS's tools share: ~/.aws/credentials and ~/.aws/config. */
#include "fetch/credentials_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>

/* Reads a file whole, with a NUL at its end. A file that is not there is NULL and success, unless
 * the profile names it. */
static int read_all(struct search *s, const char *path, char **text, size_t *size)
{
	bool own = *s->profile->credentials_file && path == s->paths[0];
	char err[STORE_ERROR_MAX];
	int error = 0;

	*text = *path ? login_file(path, own, CREDENTIALS_FILE_MAX, size, &error, err) : NULL;
	if (!*path || (!own && (error == -ENOENT || error == -ENOTDIR)))
		return 0;
	if (!*text)
		return credentials_fail(s, error, "%s", err);
	if (strlen(*text) == *size)
		return 0;
	login_wipe(*text, *size);
	*text = NULL;
	return credentials_fail(
	        s, -EINVAL, "%.300s: holds a NUL byte, so it is not a text file", path);
}

const char *section_name(const struct search *s)
{
	const char *name = s->profile->credentials_profile;

	if (!*name && !*s->profile->credentials_file)
		name = credentials_env("AWS_PROFILE");
	if (!*name && !*s->profile->credentials_file)
		name = credentials_env("AWS_DEFAULT_PROFILE");
	return *name ? name : "default";
}

static int file_path(struct search *s, int which, const char *variable, const char *name)
{
	const char *path = credentials_env(variable);
	const char *home = s->config->home;
	int n = 0;

	if (!*path)
		path = name;
	if (strncmp(path, "~/", 2))
		n = snprintf(s->paths[which], CREDENTIALS_PATH_SIZE, "%s", path);
	else if (*home)
		n = snprintf(s->paths[which], CREDENTIALS_PATH_SIZE, "%s%s", home, path + 1);
	return n < CREDENTIALS_PATH_SIZE
	               ? 0
	               : credentials_fail(s, -ENAMETOOLONG, "%s: path too long", variable);
}

/* Where the files are; with one of the profile's own, there is no other. */
static int find_files(struct search *s)
{
	int err;

	if (*s->profile->credentials_file) {
		snprintf(s->paths[0], CREDENTIALS_PATH_SIZE, "%s", s->profile->credentials_file);
		return 0;
	}
	err = file_path(s, 0, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials");
	return err ? err : file_path(s, 1, "AWS_CONFIG_FILE", "~/.aws/config");
}

int section_read(
        struct search *s, const char *kind, const char *name, int which, struct section *out)
{
	struct section *one = calloc(1, sizeof *one);
	int err = one ? find_files(s) : credentials_fail(s, -ENOMEM, "out of memory");

	memset(out, 0, sizeof *out);
	for (int i = 0; i < 2 && !err; i++) {
		size_t size = 0;
		char *text = NULL;

		if (!(which & (1 << i)))
			continue;
		memset(one, 0, sizeof *one);
		err = read_all(s, s->paths[i], &text, &size);
		if (text)
			err = section_parse(s, s->paths[i], kind, name, i == 1, text, one);
		login_wipe(text, size);
		section_merge(out, one);
		if (!out->id_line && !out->secret_line) {
			out->id_line = one->id_line;
			out->secret_line = one->secret_line;
		}
	}
	if (one)
		OPENSSL_cleanse(one, sizeof *one);
	free(one);
	return err;
}

struct section *section_get(struct search *s, const char *name, int *err)
{
	struct section *t = calloc(1, sizeof *t);

	*err = t ? section_read(s, NULL, name, FILE_CREDENTIALS | FILE_CONFIG, t)
	         : credentials_fail(s, -ENOMEM, "out of memory");
	if (!*err)
		return t;
	section_free(t);
	return NULL;
}

void section_free(struct section *t)
{
	if (t)
		OPENSSL_cleanse(t, sizeof *t);
	free(t);
}

int section_main(struct search *s, const struct section **out)
{
	int err = 0;

	if (!s->main) {
		s->main = calloc(1, sizeof *s->main);
		err = s->main ? section_read(s, NULL, section_name(s),
		                        FILE_CREDENTIALS | FILE_CONFIG, s->main)
		              : credentials_fail(s, -ENOMEM, "out of memory");
	}
	*out = s->main;
	return err;
}
