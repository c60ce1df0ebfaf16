/*
 * One file although it is long: the search for keys and the format of the two files that it reads
 * are one subject, and hardly anything of it can be understood without the rest.
 */
#include "fetch/credentials.h"
#include "fetch/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/crypto.h>

#define PATH_SIZE 4096 /* bytes of a shared file's path */

/* What a section of a shared file can say. A value that is not there is "". */
struct section {
	bool found;
	struct credentials values;
	int id_line, secret_line; /* where the pair stands */
};

/* One call of credentials_load. */
struct search {
	const struct config *config;
	const struct profile *profile;
	char paths[2][PATH_SIZE]; /* credentials, config */
	struct section *sections; /* of those, read once and only if needed; or NULL */
	char *err;
};

__attribute__((format(printf, 3, 4))) static int fail(char *err, int code, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(err, STORE_ERROR_MAX, format, ap);
	va_end(ap);
	return code;
}

static const char *env(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

static const char *first_of(const char *a, const char *b, const char *c)
{
	return *a ? a : *b ? b : c;
}

/* Values of header lines: a newline in one would be a header of its own. */
static bool printable(const char *s)
{
	for (; *s; s++)
		if (*s <= ' ' || *s > '~')
			return false;
	return true;
}

static char *trim(char *s)
{
	char *end = s + strlen(s);

	s += strspn(s, " \t");
	while (end > s && strchr(" \t\r", end[-1]))
		*--end = '\0';
	return s;
}

/* Stores `key = value` if it is one of ours. The text after " #" is a comment, as in the vendor's
 * own tools. */
static int section_set(struct search *s, struct section *out, const char *path, int line,
        const char *key, char *value)
{
	struct credentials *v = &out->values;
	const struct {
		const char *key;
		char *to;
		size_t size;
		int *line;
	} fields[] = {
	        {"aws_access_key_id", v->access_key_id, sizeof v->access_key_id, &out->id_line},
	        {"aws_secret_access_key", v->secret_access_key, sizeof v->secret_access_key,
	                &out->secret_line},
	        {"aws_session_token", v->session_token, sizeof v->session_token, NULL},
	        {"region", v->region, sizeof v->region, NULL},
	        {"endpoint_url", v->endpoint, sizeof v->endpoint, NULL},
	};

	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		if (strcasecmp(key, fields[i].key))
			continue;
		for (char *c = value; *c; c++)
			if ((*c == '#' || *c == ';') && c > value && strchr(" \t", c[-1]))
				*c-- = '\0';
		value = trim(value);
		if (strlen(value) >= fields[i].size || !printable(value))
			return fail(s->err, -EINVAL,
			        "%s:%d: %s is too long or holds a space or control character", path,
			        line, key);
		memcpy(fields[i].to, value, strlen(value) + 1);
		if (fields[i].line)
			*fields[i].line = line;
	}
	return 0;
}

/* Whether "[NAME]", in the config file "[profile NAME]", is the section `want`. Writes a NUL over
 * the bracket. */
static bool section_is(char *head, bool is_config, const char *want)
{
	head[strcspn(head, "]")] = '\0';
	head = trim(head + 1);
	if (is_config && !strncmp(head, "profile", 7) && strspn(head + 7, " \t")) {
		head = trim(head + 7);
		size_t len = strlen(head);

		if (len >= 2 && strchr("\"'", head[0]) && head[len - 1] == head[0]) {
			head[len - 1] = '\0';
			head++;
		}
		return !strcmp(head, want);
	}
	return !strcmp(head, want) && (!is_config || !strcmp(want, "default"));
}

/*
 * Parses a shared file. A line that is indented more than the key before it belongs to that key's
 * value (nested settings, as those of `s3 =`), and is none of ours.
 */
static int parse(struct search *s, const char *path, bool is_config, const char *want, char *text,
        struct section *out)
{
	bool ours = false;
	long key_indent = -1;
	int line = 0;

	if (!strncmp(text, "\xef\xbb\xbf", 3))
		text += 3;
	for (char *next; text; text = next) {
		next = strchr(text, '\n');
		if (next)
			*next++ = '\0';
		line++;
		long indent = strspn(text, " \t");
		char *at = trim(text);

		if (!*at || *at == '#' || *at == ';' || (key_indent >= 0 && indent > key_indent))
			continue;
		if (*at == '[' && strchr(at, ']')) {
			ours = section_is(at, is_config, want);
			out->found |= ours;
			key_indent = -1;
			continue;
		}
		char *value = strchr(at, '=');

		if (!value || value == at)
			return fail(s->err, -EINVAL,
			        "%s:%d: neither [section], key = value nor a comment", path, line);
		*value++ = '\0';
		key_indent = indent;
		int err = ours ? section_set(s, out, path, line, trim(at), value) : 0;

		if (err)
			return err;
	}
	return 0;
}

/* Reads a file whole, with a NUL at its end. A file that is not there is NULL and success. */
static int read_all(struct search *s, const char *path, char **text, size_t *size)
{
	bool own = *s->profile->credentials_file && path == s->paths[0];
	char untrusted[TRUST_ERROR_MAX];
	struct stat st;
	size_t len = 0;
	ssize_t n = -1;
	int fd = *path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;

	*text = NULL;
	/* The usual files need not be there. */
	if (!*path || (fd < 0 && !own && (errno == ENOENT || errno == ENOTDIR)))
		return 0;
	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size > CREDENTIALS_FILE_MAX) {
		int code = fd < 0 ? -errno : -EINVAL;

		if (fd >= 0)
			close(fd);
		return fail(s->err, code, "%s: %s", path,
		        fd < 0 ? strerror(-code) : "not a plain file of at most 1 MiB");
	}
	if (trust_file(fd, path, own, untrusted)) {
		close(fd);
		return fail(s->err, -EPERM, "%s", untrusted);
	}
	*size = st.st_size;
	*text = malloc(*size + 1);
	while (*text && (n = read(fd, *text + len, *size - len)) > 0)
		len += n;
	close(fd);
	if (!*text || n < 0) {
		free(*text);
		*text = NULL;
		return fail(s->err, -EIO, "%s: cannot be read", path);
	}
	(*text)[len] = '\0';
	if (strlen(*text) == len)
		return 0;
	OPENSSL_cleanse(*text, *size);
	free(*text);
	*text = NULL;
	return fail(s->err, -EINVAL, "%s: holds a NUL byte, so it is not a text file", path);
}

static int read_section(struct search *s, bool is_config, const char *want, struct section *out)
{
	const char *path = s->paths[is_config];
	size_t size = 0;
	char *text;
	int err = read_all(s, path, &text, &size);

	if (!text)
		return err;
	err = parse(s, path, is_config, want, text, out);
	OPENSSL_cleanse(text, size);
	free(text);
	return err;
}

static const char *section_name(const struct search *s)
{
	if (*s->profile->credentials_file)
		return first_of(s->profile->credentials_profile, "default", "");
	return first_of(s->profile->credentials_profile, env("AWS_PROFILE"),
	        first_of(env("AWS_DEFAULT_PROFILE"), "default", ""));
}

static int file_path(struct search *s, int which, const char *variable, const char *name)
{
	const char *path = env(variable);
	const char *home = s->config->home;
	int n = 0;

	if (!*path)
		path = name;
	if (strncmp(path, "~/", 2))
		n = snprintf(s->paths[which], PATH_SIZE, "%s", path);
	else if (*home)
		n = snprintf(s->paths[which], PATH_SIZE, "%s%s", home, path + 1);
	return n < PATH_SIZE ? 0 : fail(s->err, -ENAMETOOLONG, "%s: path too long", variable);
}

/* Reads the section from both files, once. */
static int sections(struct search *s)
{
	int err = 0;

	if (s->sections)
		return 0;
	s->sections = calloc(2, sizeof *s->sections);
	if (!s->sections)
		return fail(s->err, -ENOMEM, "out of memory");
	if (*s->profile->credentials_file)
		snprintf(s->paths[0], PATH_SIZE, "%s", s->profile->credentials_file);
	else
		err = file_path(s, 0, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials");
	if (!err && !*s->profile->credentials_file)
		err = file_path(s, 1, "AWS_CONFIG_FILE", "~/.aws/config");
	for (int i = 0; i < 2 && !err; i++)
		err = read_section(s, i, section_name(s), &s->sections[i]);
	return err;
}

/* Takes a pair, and says what is missing of half a pair; `where` is what the message begins with. 1
 * if taken. */
static int take_keys(struct search *s, struct credentials *out, const char *id, const char *secret,
        const char *token, const char *where)
{
	if (!*id && !*secret)
		return 0;
	if (!*id || !*secret)
		return fail(s->err, -EINVAL, "%s: %s without %s; both belong together", where,
		        *id ? "an access key" : "a secret key",
		        *id ? "its secret key" : "its access key");
	if (strlen(id) > CREDENTIALS_ID_MAX || strlen(secret) > CREDENTIALS_SECRET_MAX ||
	        strlen(token) > CREDENTIALS_TOKEN_MAX || !printable(id) || !printable(secret) ||
	        !printable(token))
		return fail(s->err, -EINVAL,
		        "%s: a key is too long or holds a space or control character", where);
	memcpy(out->access_key_id, id, strlen(id) + 1);
	memcpy(out->secret_access_key, secret, strlen(secret) + 1);
	memcpy(out->session_token, token, strlen(token) + 1);
	snprintf(out->source, sizeof out->source, "%s", where);
	return 1;
}

static int keys_of_profile(struct search *s, struct credentials *out)
{
	const struct profile *p = s->profile;
	char where[CREDENTIALS_SOURCE_MAX + 1];

	snprintf(where, sizeof where, "access_key_id of [profile %s]", p->name);
	return take_keys(s, out, p->access_key_id, p->secret_access_key, p->session_token, where);
}

static int keys_of_environment(struct search *s, struct credentials *out)
{
	if (*s->profile->credentials_profile || *s->profile->credentials_file)
		return 0;
	return take_keys(s, out, env("AWS_ACCESS_KEY_ID"), env("AWS_SECRET_ACCESS_KEY"),
	        env("AWS_SESSION_TOKEN"), "AWS_ACCESS_KEY_ID in the environment");
}

static int keys_of_files(struct search *s, struct credentials *out)
{
	const char *name = section_name(s);
	int taken = sections(s);

	for (int i = 0; i < 2 && !taken; i++) {
		const struct section *t = &s->sections[i];
		const struct credentials *v = &t->values;
		char where[CREDENTIALS_SOURCE_MAX + 1];

		snprintf(where, sizeof where, "%.180s:%d: [%.60s]", s->paths[i],
		        t->id_line ? t->id_line : t->secret_line, name);
		taken = take_keys(
		        s, out, v->access_key_id, v->secret_access_key, v->session_token, where);
	}
	if (taken || s->sections[0].found || s->sections[1].found || !strcmp(name, "default"))
		return taken;
	return fail(s->err, -EINVAL,
	        "no section [%.60s] in %.130s or %.130s, which %s names; correct it or add the "
	        "section",
	        name, s->paths[0], s->paths[1],
	        *s->profile->credentials_profile ? "credentials_profile"
	                                         : "AWS_PROFILE or AWS_DEFAULT_PROFILE");
}

/* In the order in which they are asked: 1 is "found", 0 "not here", -errno ends the search. */
static int (*const providers[])(struct search *s, struct credentials *out) = {
        keys_of_profile,
        keys_of_environment,
        keys_of_files,
};

static int find_keys(struct search *s, struct credentials *out)
{
	int found = 0;

	if (s->profile->anonymous) {
		snprintf(out->source, sizeof out->source, "none, since anonymous = true");
		return 0;
	}
	for (size_t i = 0; i < sizeof providers / sizeof *providers && !found; i++)
		found = providers[i](s, out);
	if (!found)
		snprintf(out->source, sizeof out->source,
		        "access_key_id of the profile, %s[%.40s] of %.70s and %.70s",
		        *s->profile->credentials_profile ? "" : "AWS_ACCESS_KEY_ID, ",
		        section_name(s), s->paths[0], s->paths[1]);
	return found < 0 ? found : 0;
}

/* Copies the first value that is set; of the section only where nothing else is, so that it is read
 * only then. */
static int settle(
        struct search *s, char *to, size_t size, const char *what, const char *value, size_t offset)
{
	if (!*value) {
		int err = sections(s);

		if (err)
			return err;
		for (int i = 0; i < 2 && !*value; i++)
			value = (const char *)&s->sections[i].values + offset;
	}
	if (strlen(value) >= size || !printable(value))
		return fail(s->err, -EINVAL, "%s is too long or holds a space or control character",
		        what);
	memcpy(to, value, strlen(value) + 1);
	return 0;
}

/* A system agent's remotes are those of its configuration, whose ids are made from that alone. */
static const char *endpoint_of_user(const struct config *c, const char *name)
{
	return c->cache.system ? "" : env(name);
}

int credentials_load(struct credentials *out, const struct config *c, const struct profile *p,
        char err[static STORE_ERROR_MAX])
{
	struct search s = {.config = c, .profile = p, .err = err};
	int code;

	memset(out, 0, sizeof *out);
	code = find_keys(&s, out);
	if (!code)
		code = settle(&s, out->region, sizeof out->region, "region",
		        first_of(p->region, env("AWS_REGION"), env("AWS_DEFAULT_REGION")),
		        offsetof(struct credentials, region));
	if (!code)
		code = settle(&s, out->endpoint, sizeof out->endpoint, "endpoint",
		        first_of(p->endpoint, endpoint_of_user(c, "AWS_ENDPOINT_URL_S3"),
		                endpoint_of_user(c, "AWS_ENDPOINT_URL")),
		        offsetof(struct credentials, endpoint));
	if (!code && !*out->region)
		snprintf(out->region, sizeof out->region, "us-east-1");
	out->ca_file = first_of(p->ca_file, env("AWS_CA_BUNDLE"), "");
	if (s.sections)
		OPENSSL_cleanse(s.sections, 2 * sizeof *s.sections);
	free(s.sections);
	if (code)
		credentials_wipe(out);
	return code;
}

bool credentials_same_keys(const struct credentials *a, const struct credentials *b)
{
	return !strcmp(a->access_key_id, b->access_key_id) &&
	       !strcmp(a->secret_access_key, b->secret_access_key) &&
	       !strcmp(a->session_token, b->session_token);
}

void credentials_wipe(struct credentials *c)
{
	OPENSSL_cleanse(c, sizeof *c);
}
