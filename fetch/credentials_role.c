/*
 * Roles that are taken on with the keys of another place, or with the token of a web identity.
 *
 * Follows the settings of the AWS SDKs reference guide, "Assume role credential provider".
 */
#include "fetch/credentials_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <openssl/crypto.h>

#define TOKEN_FILE_MAX (16 << 10)

/* --- roles by keys --- */

/* Keys of the place that `credential_source` names. */
static int keys_of_source(struct search *s, const struct role *r, struct credentials *out)
{
	const char *source = r->section->credential_source;

	if (!strcmp(source, "Environment"))
		return credentials_take(s, out, credentials_env("AWS_ACCESS_KEY_ID"),
		        credentials_env("AWS_SECRET_ACCESS_KEY"),
		        credentials_env("AWS_SESSION_TOKEN"),
		        "AWS_ACCESS_KEY_ID in the environment");
	if (!strcmp(source, "Ec2InstanceMetadata"))
		return credentials_imds(s, "", out);
	if (!strcmp(source, "EcsContainer"))
		return credentials_container(s, "", out);
	return credentials_fail(s, -EINVAL,
	        "%s: credential_source is none of Environment, Ec2InstanceMetadata, EcsContainer",
	        r->where);
}

/* The keys with which the role is taken on. */
static int source_keys(struct search *s, const struct role *r, struct credentials *out)
{
	const struct section *t = r->section;
	const char *from = *t->source_profile ? t->source_profile : t->credential_source;
	int found;

	if (!*t->source_profile)
		found = keys_of_source(s, r, out);
	else if (strcmp(t->source_profile, r->name))
		found = credentials_of_section(s, t->source_profile, out);
	else
		found = credentials_take(
		        s, out, t->access_key_id, t->secret_access_key, t->session_token, r->where);
	return found ? found
	             : credentials_fail(
	                       s, -EACCES, "%s: %.60s, its source, has no keys", r->where, from);
}

static int assume(struct search *s, struct role *r, struct credentials *out)
{
	struct credentials *keys;
	int err;

	if (s->chain == CREDENTIALS_CHAIN_MAX)
		return credentials_fail(s, -EINVAL,
		        "%s: more than %d roles, each by another; is it a circle?", r->where,
		        CREDENTIALS_CHAIN_MAX);
	keys = calloc(1, sizeof *keys);
	s->chain++;
	err = keys ? source_keys(s, r, keys) : credentials_fail(s, -ENOMEM, "out of memory");
	s->chain--;
	if (err > 0)
		err = sts_begin(s, r, "AssumeRole");
	if (!err)
		err = sts_add(s, r, "ExternalId", r->section->external_id);
	if (!err)
		err = sts_send(s, r, keys, out);
	if (keys)
		credentials_wipe(keys);
	free(keys);
	return err;
}

static struct role *role_new(struct search *s, const struct section *t, const char *name,
        const char *arn, const char *session, int *err)
{
	struct role *r = calloc(1, sizeof *r);

	*err = r ? 0 : credentials_fail(s, -ENOMEM, "out of memory");
	if (!r)
		return NULL;
	r->section = t;
	r->arn = arn;
	r->name = name;
	if (*session)
		snprintf(r->session, sizeof r->session, "%s", session);
	else
		snprintf(r->session, sizeof r->session, "larder-%lld", (long long)time(NULL));
	snprintf(r->where, sizeof r->where, "role %.180s", arn);
	return r;
}

static void role_free(struct role *r)
{
	if (r)
		OPENSSL_cleanse(r, sizeof *r);
	free(r);
}

/* What is wrong with a role's settings, or NULL. */
static const char *role_fault(const struct section *t)
{
	if (*t->source_profile && *t->credential_source)
		return "source_profile and credential_source; only one can be";
	if (*t->mfa_serial)
		return "mfa_serial: nobody is there to type the code; use `aws sso login`, or "
		       "credential_process";
	return NULL;
}

int credentials_role(struct search *s, const char *name, struct credentials *out)
{
	struct section *t;
	struct role *r = NULL;
	int err;

	t = section_get(s, name, &err);
	if (!t || !*t->role_arn || (!*t->source_profile && !*t->credential_source)) {
		section_free(t);
		return err;
	}
	if (role_fault(t))
		err = credentials_fail(s, -EINVAL, "[%.60s]: %s", name, role_fault(t));
	else if (!s->deadline)
		err = -EAGAIN;
	else
		r = role_new(s, t, name, t->role_arn, t->role_session_name, &err);
	if (r)
		err = assume(s, r, out);
	role_free(r);
	section_free(t);
	return err;
}

/* --- roles by web identity --- */

static int assume_by_token(
        struct search *s, struct role *r, const char *file, struct credentials *out)
{
	char why[STORE_ERROR_MAX];
	int err;
	char *token = login_token_file(file, false, TOKEN_FILE_MAX, &err, why);

	if (!token)
		return credentials_fail(s, -EACCES, "%s: %.250s", r->where, why);
	err = sts_begin(s, r, "AssumeRoleWithWebIdentity");
	if (!err)
		err = sts_add(s, r, "WebIdentityToken", token);
	login_wipe(token, strlen(token));
	return err ? err : sts_send(s, r, NULL, out);
}

/* The environment's, which stands before the section's. */
int credentials_web_identity(struct search *s, const char *name, struct credentials *out)
{
	const char *file = s->chain || !credentials_env_counts(s)
	                           ? ""
	                           : credentials_env("AWS_WEB_IDENTITY_TOKEN_FILE");
	const char *session = credentials_env("AWS_ROLE_SESSION_NAME"),
	           *arn = credentials_env("AWS_ROLE_ARN");
	struct section *t;
	struct role *r = NULL;
	int err;

	t = section_get(s, name, &err);
	if (!t)
		return err;
	if (!*file) {
		file = t->web_identity_token_file;
		session = t->role_session_name;
		arn = t->role_arn;
	}
	if (*file && !*arn)
		err = credentials_fail(s, -EINVAL,
		        "a web identity's token without a role: AWS_ROLE_ARN, or role_arn of "
		        "[%.60s]",
		        name);
	else if (*file && !s->deadline)
		err = -EAGAIN;
	else if (*file)
		r = role_new(s, t, name, arn, session, &err);
	else if (*t->role_arn)
		err = credentials_fail(s, -EINVAL,
		        "[%.60s]: role_arn needs source_profile, credential_source or "
		        "web_identity_token_file",
		        name);
	if (r)
		err = assume_by_token(s, r, file, out);
	role_free(r);
	section_free(t);
	return err;
}
