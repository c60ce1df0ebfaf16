/* The S3 store's keys: those that end are got anew before, and those that are refused are looked
 * for again, on a worker. */
#include "fetch/login.h"
#include "fetch/store_s3_parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum login_need s3_needs_login(struct store *s, int64_t now)
{
	const struct credentials *c = &s->credentials;
	enum login_need need = login_due(c->since, c->until, now + s->skew);

	if (c->pending || s->stale)
		return LOGIN_NOW;
	/* Where there were none there may be some now, but requests need not wait for that. */
	return need == LOGIN_NOW && !*c->access_key_id ? LOGIN_SOON : need;
}

int s3_login(struct store *s, char err[static STORE_ERROR_MAX])
{
	int code = credentials_login(&s->fresh, s->config, s->profile, login_deadline(), err);

	return !code || code == -EIO ? code : -EACCES;
}

void s3_logged_in(struct store *s, int error)
{
	struct credentials *old = &s->credentials, *fresh = &s->fresh;
	int64_t now = time(NULL);

	s->stale = false;
	s->keys_checked = now;
	if (!error && *old->access_key_id && !credentials_same_keys(old, fresh))
		s->keys_renewed = now;
	/* Region and endpoint stay, for what is cached is theirs. */
	if (!error) {
		memcpy(old->access_key_id, fresh->access_key_id, sizeof old->access_key_id);
		memcpy(old->secret_access_key, fresh->secret_access_key,
		        sizeof old->secret_access_key);
		memcpy(old->session_token, fresh->session_token, sizeof old->session_token);
		memcpy(old->source, fresh->source, sizeof old->source);
		old->since = fresh->since;
		old->until = fresh->until;
		old->fixed = fresh->fixed;
		old->pending = false;
	}
	credentials_wipe(fresh);
}

int64_t s3_who(struct store *s, char out[static STORE_ERROR_MAX])
{
	const struct credentials *c = &s->credentials;
	bool none = !*c->access_key_id && !c->pending && !s->profile->anonymous;

	snprintf(out, STORE_ERROR_MAX, "%s%s", none ? "none; looked at: " : "", c->source);
	return *c->access_key_id ? c->until : 0;
}

bool s3_renew(struct store *s, const struct store_args *a)
{
	const struct credentials *c = &s->credentials;

	if (s->keys_renewed && a->now - s->keys_renewed <= RENEWED_FOR)
		return true;
	if (!*c->access_key_id || c->fixed ||
	        (s->keys_checked && a->now - s->keys_checked < RENEW_PAUSE))
		return false;
	s->keys_checked = a->now;
	s->stale = true;
	return true;
}
