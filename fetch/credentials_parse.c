/* The text of the files that AWS's tools share: sections, keys, comments and nested keys as the
 * vendor's own tools read them. */
#include "fetch/credentials_parts.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define KEY_SIZE 64 /* bytes of a key, with the one that it is nested in */

/* The keys that mean something. `spaces`: a value may have them, and a '#' is no comment. */
static const struct field {
	const char *key;
	size_t at, size;
	bool spaces;
} fields[] = {
#define FIELD(key, member)                                                                         \
	{                                                                                          \
		key, offsetof(struct section, member), sizeof((struct section *)0)->member, false  \
	}
        FIELD("aws_access_key_id", access_key_id),
        FIELD("aws_secret_access_key", secret_access_key),
        FIELD("aws_session_token", session_token),
        FIELD("region", region),
        FIELD("endpoint_url", endpoint),
        FIELD("s3.endpoint_url", s3_endpoint),
        FIELD("sts.endpoint_url", sts_endpoint),
        FIELD("ignore_configured_endpoint_urls", ignore_endpoints),
        FIELD("use_dualstack_endpoint", dualstack),
        FIELD("use_fips_endpoint", fips),
        FIELD("s3.use_dualstack_endpoint", s3_dualstack),
        FIELD("s3.addressing_style", addressing),
        FIELD("services", services),
        FIELD("role_arn", role_arn),
        FIELD("source_profile", source_profile),
        FIELD("credential_source", credential_source),
        FIELD("external_id", external_id),
        FIELD("role_session_name", role_session_name),
        FIELD("duration_seconds", duration),
        FIELD("mfa_serial", mfa_serial),
        FIELD("web_identity_token_file", web_identity_token_file),
        FIELD("sso_session", sso_session),
        FIELD("sso_start_url", sso_start_url),
        FIELD("sso_region", sso_region),
        FIELD("sso_account_id", sso_account),
        FIELD("sso_role_name", sso_role),
#undef FIELD
        {"credential_process", offsetof(struct section, process),
                sizeof((struct section *)0)->process, true},
};
#define FIELDS (sizeof fields / sizeof *fields)

/* Where a file is being read. */
struct place {
	struct search *search;
	const char *path;
	int line;
};

static bool printable(const char *s, bool spaces)
{
	for (; *s; s++)
		if (*s < ' ' || *s > '~' || (*s == ' ' && !spaces))
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

/* Stores `key = value` if it means something. The text after " #" is a comment, as in the vendor's
 * own tools. */
static int section_set(struct place *at, struct section *out, const char *key, char *value)
{
	const struct field *f = fields;
	char *to;

	while (f < fields + FIELDS && strcasecmp(key, f->key))
		f++;
	if (f == fields + FIELDS)
		return 0;
	for (char *c = value; *c && !f->spaces; c++)
		if ((*c == '#' || *c == ';') && c > value && strchr(" \t", c[-1]))
			*c-- = '\0';
	value = trim(value);
	if (strlen(value) >= f->size || !printable(value, f->spaces))
		return credentials_fail(at->search, -EINVAL,
		        "%.200s:%d: %s is too long or holds a space or control character", at->path,
		        at->line, f->key);
	to = (char *)out + f->at;
	memcpy(to, value, strlen(value) + 1);
	if (to == out->access_key_id)
		out->id_line = at->line;
	if (to == out->secret_access_key)
		out->secret_line = at->line;
	return 0;
}

/* Whether "[NAME]" is the section `want` of its kind: in the config file "[profile NAME]", but for
 * "[default]", or "[KIND NAME]". Writes a NUL over the bracket. */
static bool section_is(char *head, bool is_config, const char *kind, const char *want)
{
	const char *word = kind ? kind : "profile";
	size_t len = strlen(word);

	head[strcspn(head, "]")] = '\0';
	head = trim(head + 1);
	if (is_config && !strncmp(head, word, len) && strspn(head + len, " \t")) {
		head = trim(head + len);
		len = strlen(head);
		if (len >= 2 && strchr("\"'", head[0]) && head[len - 1] == head[0]) {
			head[len - 1] = '\0';
			head++;
		}
		return !strcmp(head, want);
	}
	return !kind && !strcmp(head, want) && (!is_config || !strcmp(want, "default"));
}

/* What a file is read for. */
struct wish {
	const char *kind, *name;
	bool is_config;
	struct section *out;
	bool ours;             /* in the section */
	long key_indent;       /* of the last key; -1: none yet */
	char parent[KEY_SIZE]; /* the last key, if it had no value */
};

static int take_line(struct place *at, struct wish *w, char *text)
{
	long indent = (long)strspn(text, " \t");
	char *line = trim(text), key[KEY_SIZE], *value;
	bool nested = w->key_indent >= 0 && indent > w->key_indent;

	if (!*line || *line == '#' || *line == ';')
		return 0;
	if (*line == '[' && !nested && strchr(line, ']')) {
		w->ours = section_is(line, w->is_config, w->kind, w->name);
		w->out->found |= w->ours;
		w->key_indent = -1;
		return 0;
	}
	value = strchr(line, '=');
	/* Below a key that has a value, a line goes on with it. */
	if (nested && (!value || !*w->parent))
		return 0;
	if (!value || value == line)
		return credentials_fail(at->search, -EINVAL,
		        "%.200s:%d: neither [section], key = value nor a comment", at->path,
		        at->line);
	*value++ = '\0';
	line = trim(line);
	snprintf(key, sizeof key, "%.30s%s%.30s", nested ? w->parent : "", nested ? "." : "", line);
	if (!nested) {
		w->key_indent = indent;
		snprintf(w->parent, sizeof w->parent, "%s",
		        value[strspn(value, " \t\r")] ? "" : key);
	}
	return w->ours ? section_set(at, w->out, key, value) : 0;
}

int section_parse(struct search *s, const char *path, const char *kind, const char *name,
        bool is_config, char *text, struct section *out)
{
	struct place at = {.search = s, .path = path};
	struct wish w = {
	        .kind = kind, .name = name, .is_config = is_config, .out = out, .key_indent = -1};
	int err = 0;

	if (!strncmp(text, "\xef\xbb\xbf", 3))
		text += 3;
	for (char *next; text && !err; text = next) {
		next = strchr(text, '\n');
		if (next)
			*next++ = '\0';
		at.line++;
		err = take_line(&at, &w, text);
	}
	return err;
}

void section_merge(struct section *to, const struct section *from)
{
	for (size_t i = 0; i < FIELDS; i++) {
		char *value = (char *)to + fields[i].at;

		if (!*value)
			memcpy(value, (const char *)from + fields[i].at, fields[i].size);
	}
	to->found |= from->found;
}
