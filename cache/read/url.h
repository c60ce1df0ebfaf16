/*
 * URLs of remotes: what they name, and the profiles that some of them have by themselves.
 *
 *	s3://bucket/key[?versionId=V]           gs://bucket/object[#GENERATION]
 *	az://account/container/blob             hf://[datasets/|spaces/]org/name[@REVISION]/file
 *	http://host[:port]/path, https://…      file:///path
 *	larder://PROFILE/key, msc://PROFILE/key
 *	https://ACCOUNT.blob.core.windows.net/container/blob, which is az://
 *
 * A bucket, container or repository that no configured profile covers gets a profile of its own,
 * with every default: "s3=bucket", "az=account,container". So does a version that a URL pins:
 * "name@VERSION", with the settings of profile "name". Both are made whenever they are needed, from
 * the URL or from the first component of a rel, and have the same `dir` each time.
 *
 * Keys are taken as they are, without percent-decoding; of a revision, %XX is decoded. Nothing here
 * allocates or keeps state; it may be called in signal handlers.
 */
#ifndef LARDER_CACHE_READ_URL_H
#define LARDER_CACHE_READ_URL_H

#include "cache/read/config.h"

#define URL_SCHEME_MAX    32  /* bytes of a scheme's name, of whatever scheme */
#define URL_AUTHORITY_MAX 128 /* bytes of one that has no configured profile */
#define URL_VERSION_MAX   80  /* bytes of a version that is pinned; Amazon's have 32 */
#define URL_NAME_MAX      200 /* bytes of a name before "~<id>": a folder has 255 */

/* A profile that is not configured, with its text. It points into itself: not to be copied. Small,
 * for the shim has it on the stack. */
struct own_profile {
	struct profile profile;
	char authority[URL_AUTHORITY_MAX + 1];
	char version[URL_VERSION_MAX + 1];
	char name[URL_NAME_MAX + 1];
	char dir[URL_NAME_MAX + 18];
};

/*
 * What a URL with both slashes means: the profile with the longest remote that covers it (whole
 * segments), or one that is made in `own`; and the key. What pins a version is cut off from `url`,
 * into which *key points. -ENOENT if it takes a configured profile and there is none; -EINVAL if
 * this names no bucket, or whatever its scheme has (url_usage tells); -ENAMETOOLONG.
 */
int config_profile_of_url(const struct config *c, char *url, struct own_profile *own,
        const struct profile **profile, const char **key);

/* The profile of a rel's first component: a configured one, or made in `own`. NULL if there is
 * none. */
const struct profile *config_profile_of_dir(
        const struct config *c, const char *rel, struct own_profile *own);

/* The configured profile whose settings hold for a rel: also for versions that were pinned in it.
 * NULL if there is none. Only the name is looked at, not the id of a pinned version. */
const struct profile *config_settings_of(const struct config *c, const char *rel);

/* Whether the name of a profile (before "~<id>") is one that is not configured. */
bool url_name_is_own(const char *name);

/* What stands before the key of a profile's URL, as "s3://bucket/prefix", without '/' at its end;
 * `sep` is "://", or ":/" in a path. The length, or 0 if `size` bytes do not hold it. */
size_t url_head(const struct profile *p, const char *sep, char *out, size_t size);

/* What stands behind the key: "?versionId=V", "#GENERATION", or "". */
struct url_tail {
	const char *mark, *version;
};
struct url_tail url_tail(const struct profile *p);

/*
 * The same for the first component of a rel, with less stack and without a look at its id: writes
 * the head, and then what stands behind the key to `tail`, which has URL_TAIL_SIZE bytes. 0 also
 * where there is no such profile.
 */
#define URL_TAIL_SIZE (URL_VERSION_MAX + 12)
size_t url_of_dir(const struct config *c, const char *rel, const char *sep, char *out, size_t size,
        char tail[static URL_TAIL_SIZE]);

/* How a URL of that scheme (len bytes) is written, for messages: "s3://bucket/key"; NULL of one
 * that is not known. */
const char *url_usage(const char *scheme, size_t len);

/* -- For profile.c -- */

/* Fills scheme, authority, version and prefix from p->remote, and whether it never changes. False
 * after an error. */
bool url_of_profile(struct config *c, struct profile *p);

/* Fills id, dev and dir, which is written to `out`. 0 or -ENAMETOOLONG. */
int profile_identity(const struct config *c, struct profile *p, char *out, size_t size);

#endif
