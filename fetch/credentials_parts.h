/*
 * The inside of the search for AWS keys: credentials.c has the order, credentials_files.c the
 * shared files, and the other credentials_*.c one kind of place each.
 *
 * A provider is asked for a section ("" where it is of none) and gives 1 with the keys in `out`, 0
 * if it has none to give, or -errno with a message. One that would have to wait gives -EAGAIN where
 * that may not be (`deadline` is 0), as soon as it knows that it would be the one.
 */
#ifndef LARDER_FETCH_CREDENTIALS_PARTS_H
#define LARDER_FETCH_CREDENTIALS_PARTS_H

#include "fetch/credentials.h"
#include "fetch/login.h"

#define CREDENTIALS_PATH_SIZE 4096 /* bytes of a file's path */
#define CREDENTIALS_VALUE_MAX                                                                      \
	2048                      /* bytes of the longest other value: a role's name is that long */
#define CREDENTIALS_NAME_MAX  128 /* bytes of a section's name */
#define CREDENTIALS_CHAIN_MAX 5   /* roles that are taken on with the keys of another */

/* What a section of the shared files can say. A value that is not there is "". */
struct section {
	bool found;
	char access_key_id[CREDENTIALS_ID_MAX + 1];
	char secret_access_key[CREDENTIALS_SECRET_MAX + 1];
	char session_token[CREDENTIALS_TOKEN_MAX + 1];
	int id_line, secret_line; /* where the pair stands */
	char region[CREDENTIALS_REGION_MAX + 1];
	char endpoint[CREDENTIALS_ENDPOINT_MAX + 1];
	char s3_endpoint[CREDENTIALS_ENDPOINT_MAX + 1], sts_endpoint[CREDENTIALS_ENDPOINT_MAX + 1];
	char ignore_endpoints[8], dualstack[8], fips[8], s3_dualstack[8], addressing[16];
	char services[CREDENTIALS_NAME_MAX + 1];
	char role_arn[CREDENTIALS_VALUE_MAX + 1];
	char source_profile[CREDENTIALS_NAME_MAX + 1];
	char credential_source[32];
	char external_id[1224 + 1];
	char role_session_name[64 + 1];
	char duration[16];
	char mfa_serial[256 + 1];
	char web_identity_token_file[CREDENTIALS_VALUE_MAX + 1];
	char process[CREDENTIALS_VALUE_MAX + 1];
	char sso_session[CREDENTIALS_NAME_MAX + 1];
	char sso_start_url[CREDENTIALS_ENDPOINT_MAX + 1];
	char sso_region[CREDENTIALS_REGION_MAX + 1];
	char sso_account[32];
	char sso_role[64 + 1];
};

/* One search. */
struct search {
	const struct config *config;
	const struct profile *profile;
	uint64_t deadline;                    /* of login.h; 0: nothing may wait */
	unsigned chain;                       /* roles that wait for the keys of another */
	char paths[2][CREDENTIALS_PATH_SIZE]; /* credentials, config; set with the first section */
	struct section *main;                 /* of the name that the profile has, with both files'
	                                         values; read once and only if needed */
	char *err;
};

typedef int provider_fn(struct search *s, const char *section, struct credentials *out);
provider_fn credentials_role, credentials_web_identity, credentials_sso, credentials_process,
        credentials_container, credentials_imds;

/* Those of one section, by its own kinds of places: for a role's source. */
int credentials_of_section(struct search *s, const char *section, struct credentials *out);

/* --- roles: credentials_sts.c --- */

#define STS_FORM_SIZE (24 << 10) /* bytes of a request: most are a web identity's token */

/* A role that is to be taken on. */
struct role {
	const struct section *section;
	const char *arn, *name;
	char session[65];
	char region[CREDENTIALS_REGION_MAX + 1];
	char endpoint[CREDENTIALS_ENDPOINT_MAX + 1];
	char where[CREDENTIALS_SOURCE_MAX + 1]; /* for messages */
	size_t len;
	char form[STS_FORM_SIZE];
};

/* Begins the form of a request; 0, or -errno with a message. */
int sts_begin(struct search *s, struct role *r, const char *action);
int sts_add(struct search *s, struct role *r, const char *name, const char *value);

/* Sends it, signed if there are keys. 1 with the role's keys, or -errno with a message. */
int sts_send(
        struct search *s, struct role *r, const struct credentials *keys, struct credentials *out);

/* --- the shared files --- */

enum { FILE_CREDENTIALS = 1, FILE_CONFIG = 2 };

/* Reads "[name]" of the files that `which` has, into `out`; those of the credentials file go first.
 * A `kind` ("sso-session", "services") is of the config file alone; NULL is a profile. */
int section_read(
        struct search *s, const char *kind, const char *name, int which, struct section *out);

/* The same of a file's text, which it changes; `path` is for messages. `out` keeps what the text
 * does not say. */
int section_parse(struct search *s, const char *path, const char *kind, const char *name,
        bool is_config, char *text, struct section *out);

/* Adds what `from` says and `to` does not. */
void section_merge(struct section *to, const struct section *from);

/* The name of the profile's section, and the section itself. */
const char *section_name(const struct search *s);
int section_main(struct search *s, const struct section **out);

/* --- for all of them --- */

__attribute__((format(printf, 3, 4))) int credentials_fail(
        struct search *s, int code, const char *format, ...);

/* The variable's value or "". */
const char *credentials_env(const char *name);
bool credentials_env_true(const char *name);

/* The first that is not "". */
static inline const char *credentials_first(const char *a, const char *b, const char *c)
{
	return *a ? a : *b ? b : c;
}

/* Region, endpoint and style, of credentials_settings.c. */
int credentials_settings(struct search *s, struct credentials *out);

/* Takes a pair, and says what is missing of half a pair; `where` is what the message begins with. 1
 * if taken, 0 if there is none. */
int credentials_take(struct search *s, struct credentials *out, const char *id, const char *secret,
        const char *token, const char *where);

/* Takes keys of a JSON text; `names` are the paths of key, secret, token and end, the last "" if
 * there may be none. 1 or -errno. */
int credentials_take_json(struct search *s, struct credentials *out, const struct login_answer *a,
        const char *const names[4], const char *where);

/* login_http with the search's deadline; message and code as for a login. */
int credentials_ask(
        struct search *s, struct login_request *q, struct login_answer *a, const char *where);

/* Whether the environment's own places are to be looked at. */
bool credentials_env_counts(const struct search *s);

/* The section, to be freed by section_free; NULL with *err = -errno. */
struct section *section_get(struct search *s, const char *name, int *err);
void section_free(struct section *t);

#endif
