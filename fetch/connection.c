#include "fetch/connection.h"
#include "cache/read/settings.h"
#include "fetch/header_lines.h"
#include "fetch/trust.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NO_PROXY "none"

static const char *text_or_null(const char *s)
{
	return s && *s ? s : NULL;
}

void connection_set_ca(CURL *e, const char *ca_file, const char *ca_path)
{
	const char *file = text_or_null(ca_file), *path = text_or_null(ca_path);

	if (!file && !path) {
		file = text_or_null(getenv("CURL_CA_BUNDLE"));
		if (!file) {
			file = text_or_null(getenv("SSL_CERT_FILE"));
			path = text_or_null(getenv("SSL_CERT_DIR"));
		}
	}
	if (!file && !path)
		return;
	/* The one that is not given is not the system's: nobody else is trusted. */
	curl_easy_setopt(e, CURLOPT_CAINFO, file);
	curl_easy_setopt(e, CURLOPT_CAPATH, path);
}

void connection_set(
        CURL *e, const struct profile *p, const char *ca_file, const char *url, bool elsewhere)
{
	const char *file = text_or_null(p->ca_file), *path = text_or_null(p->ca_path);
	const char *proxy = text_or_null(p->proxy);

	connection_set_ca(e, file || path ? file : ca_file, path);
	curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(e, CURLOPT_SSLCERT, elsewhere ? NULL : text_or_null(p->client_cert));
	curl_easy_setopt(e, CURLOPT_SSLKEY, elsewhere ? NULL : text_or_null(p->client_key));
	/* A name in an address would be sent as a password. */
	curl_easy_setopt(e, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	if (proxy)
		curl_easy_setopt(e, CURLOPT_PROXY, strcmp(proxy, NO_PROXY) ? proxy : "");
	/* What answers only on this link would be another one's at the proxy. */
	curl_easy_setopt(e, CURLOPT_NOPROXY,
	        connection_reach(url) == REACH_LINK ? "*" : text_or_null(p->no_proxy));
}

/* -- Where an address leads -- */

static enum connection_reach reach_of_v4(uint32_t a)
{
	return a >> 24 == 127 || !a ? REACH_SELF : a >> 16 == 0xa9fe ? REACH_LINK : REACH_FAR;
}

static enum connection_reach reach_of_v6(const struct in6_addr *a)
{
	/* Amazon's and Google's metadata servers. */
	static const uint8_t amazon[] = {0xfd, 0, 0x0e, 0xc2}, google[] = {0xfd, 0x20, 0, 0xce};
	uint32_t v4;

	if (IN6_IS_ADDR_V4MAPPED(a)) {
		memcpy(&v4, a->s6_addr + 12, sizeof v4);
		return reach_of_v4(ntohl(v4));
	}
	if (IN6_IS_ADDR_LOOPBACK(a) || IN6_IS_ADDR_UNSPECIFIED(a))
		return REACH_SELF;
	if (IN6_IS_ADDR_LINKLOCAL(a) || !memcmp(a, amazon, sizeof amazon) ||
	        !memcmp(a, google, sizeof google))
		return REACH_LINK;
	return REACH_FAR;
}

static enum connection_reach reach_of_host(const char *host)
{
	size_t len = strcspn(host, "%]");
	char bare[INET6_ADDRSTRLEN];
	struct in_addr v4;
	struct in6_addr v6;

	if (!strcasecmp(host, "localhost") || !strcasecmp(host, "localhost."))
		return REACH_SELF;
	if (!strcasecmp(host, "metadata") || !strcasecmp(host, "metadata.google.internal") ||
	        !strcasecmp(host, "metadata.google.internal."))
		return REACH_LINK;
	if (inet_pton(AF_INET, host, &v4) == 1)
		return reach_of_v4(ntohl(v4.s_addr));
	if (*host != '[' || len >= sizeof bare)
		return REACH_FAR;
	snprintf(bare, sizeof bare, "%.*s", (int)len - 1, host + 1);
	return inet_pton(AF_INET6, bare, &v6) == 1 ? reach_of_v6(&v6) : REACH_FAR;
}

enum connection_reach connection_reach(const char *url)
{
	enum connection_reach reach = REACH_NOWHERE;
	CURLU *u = curl_url();
	char *scheme = NULL, *host = NULL;

	/* It also writes the other forms of an IPv4 address (0x7f.1) in the usual one. */
	if (u && !curl_url_set(u, CURLUPART_URL, url, 0) &&
	        !curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) &&
	        !curl_url_get(u, CURLUPART_HOST, &host, 0) &&
	        (!strcmp(scheme, "http") || !strcmp(scheme, "https")))
		reach = reach_of_host(host);
	curl_free(scheme);
	curl_free(host);
	curl_url_cleanup(u);
	return reach;
}

/* -- Checking the settings -- */

static int refuse(const struct config *c, const struct profile *p, enum setting_index setting,
        int code, const char *why, char err[static STORE_ERROR_MAX])
{
	snprintf(err, STORE_ERROR_MAX, "%s:%d: [profile %s] %s: %.300s", c->file, p->lines[setting],
	        p->name, settings[setting].key, why);
	return code;
}

static int check_files(
        const struct config *c, const struct profile *p, char err[static STORE_ERROR_MAX])
{
	/* The key may be in the certificate's own file. */
	const struct {
		enum setting_index setting;
		const char *path;
		bool secret;
	} files[] = {{SETTING_INDEX_profile_ca_file, p->ca_file, false},
	        {SETTING_INDEX_profile_ca_path, p->ca_path, false},
	        {SETTING_INDEX_profile_client_cert, p->client_cert, !*p->client_key},
	        {SETTING_INDEX_profile_client_key, p->client_key, true}};
	char why[TRUST_ERROR_MAX];

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		int code = trust_path(files[i].path, files[i].secret, why);

		/* Not -ENOENT: that would be of the object. */
		if (code)
			return refuse(
			        c, p, files[i].setting, code == -EPERM ? code : -EINVAL, why, err);
	}
	if (*p->client_key && !*p->client_cert)
		return refuse(c, p, SETTING_INDEX_profile_client_key, -EINVAL,
		        "it belongs to client_cert, which is not set", err);
	return 0;
}

/* libcurl would say so too, but with the password in it. */
static bool proxy_ok(const char *proxy)
{
	static const char *const schemes[] = {
	        "http", "https", "socks4", "socks4a", "socks5", "socks5h"};
	CURLU *u = curl_url();
	char *scheme = NULL, *host = NULL;
	bool ok = false;

	if (u && strstr(proxy, "://") &&
	        !curl_url_set(u, CURLUPART_URL, proxy, CURLU_NON_SUPPORT_SCHEME) &&
	        !curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) &&
	        !curl_url_get(u, CURLUPART_HOST, &host, 0)) {
		for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
			ok = ok || !strcmp(schemes[i], scheme);
	}
	curl_free(scheme);
	curl_free(host);
	curl_url_cleanup(u);
	return ok;
}

int connection_check(
        const struct config *c, const struct profile *p, char err[static STORE_ERROR_MAX])
{
	const char *fault = header_lines_fault(p->headers);

	if (fault)
		return refuse(c, p, SETTING_INDEX_profile_headers, -EINVAL, fault, err);
	if (*p->proxy && strcmp(p->proxy, NO_PROXY) != 0 && !proxy_ok(p->proxy))
		return refuse(c, p, SETTING_INDEX_profile_proxy, -EINVAL,
		        "it is no address of a proxy; write http://host:port, with user:password@ "
		        "in front of the host if it wants them, or none",
		        err);
	return check_files(c, p, err);
}
