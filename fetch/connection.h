/*
 * What a profile says about connections, for every store that speaks HTTP: whom to trust, what to
 * show, and by which proxy.
 *
 * Certificate authorities are those of the first of these that is given: `ca_file` and `ca_path` of
 * the profile; what the store itself has (AWS_CA_BUNDLE); CURL_CA_BUNDLE; SSL_CERT_FILE and
 * SSL_CERT_DIR; the system's. Proxies are libcurl's: `proxy` and `no_proxy`, and without them
 * http_proxy, https_proxy, all_proxy and no_proxy of the environment.
 */
#ifndef LARDER_FETCH_CONNECTION_H
#define LARDER_FETCH_CONNECTION_H

#include "fetch/store.h"

/*
 * Whether the settings can be used: files are there and, if secret, not for others to read; header
 * lines and a proxy are such. 0 or -errno with a message that names the setting, and no secret.
 */
int connection_check(
        const struct config *c, const struct profile *p, char err[static STORE_ERROR_MAX]);

/* Sets the options of a handle for a URL. `elsewhere`: it goes to a host that the profile does not
 * name (a redirect), which is shown no certificate. */
void connection_set(
        CURL *e, const struct profile *p, const char *ca_file, const char *url, bool elsewhere);

/* The authorities alone; either may be NULL or "". */
void connection_set_ca(CURL *e, const char *ca_file, const char *ca_path);

/* How far away a URL leads. */
enum connection_reach {
	REACH_NOWHERE, /* it is no http(s) address */
	REACH_SELF,    /* this machine */
	REACH_LINK,    /* its own link: link-local addresses, and metadata servers of clouds */
	REACH_FAR,
};
enum connection_reach connection_reach(const char *url);

/* Why libcurl failed, for people: what, and the remedy. -errno; *retry if it may pass by itself.
 * `detail` is its own text, or "". Shows no address beyond host and port, and no secret. */
int connection_failure(
        CURL *e, CURLcode code, const char *detail, bool *retry, char err[static STORE_ERROR_MAX]);

#endif
