/* What libcurl's errors mean for people: no answer, or one that broke off. */
#include "fetch/connection.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <openssl/x509_vfy.h>

struct meaning {
	int error;
	bool retry;
	const char *remedy;
};

/* A certificate that was refused. Where OpenSSL had no reason to, it is of another host. */
static struct meaning untrusted(CURL *e)
{
	long why = 0;

	curl_easy_getinfo(e, CURLINFO_SSL_VERIFYRESULT, &why);
	switch (why) {
	case X509_V_OK:
	case X509_V_ERR_UNSPECIFIED:
		return (struct meaning){-EIO, false,
		        "the certificate is not of this host; check the name in the address, and "
		        "that nobody stands between"};
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return (struct meaning){-EIO, false,
		        "the certificate has expired; it is for the server's owner to renew, "
		        "unless "
		        "this machine's clock is wrong"};
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return (struct meaning){-EIO, false,
		        "the certificate is not valid yet; check this machine's clock"};
	default:
		return (struct meaning){
		        -EIO, false, "set ca_file of the profile to the authority that signed it"};
	}
}

/* A proxy's answer to CONNECT; its own words are not for anybody. */
static const struct meaning *refused_by_proxy(CURL *e)
{
	static const struct {
		long first, last;
		struct meaning meaning;
	} answers[] = {
	        {407, 407,
	                {-EACCES, false,
	                        "the proxy wants credentials: proxy = "
	                        "http://user:password@host:port"}},
	        {401, 403,
	                {-EACCES, false,
	                        "the proxy does not lead there; ask its administrator, or list the "
	                        "host in no_proxy"}},
	        {500, 599, {-EIO, true, "the proxy could not reach the server"}},
	        {300, 499, {-EIO, false, "the proxy refuses; check the settings of the proxy"}},
	};
	long status = 0;

	curl_easy_getinfo(e, CURLINFO_HTTP_CONNECTCODE, &status);
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		if (status >= answers[i].first && status <= answers[i].last)
			return &answers[i].meaning;
	}
	return NULL;
}

static struct meaning meaning_of(CURL *e, CURLcode code)
{
	const struct meaning *proxy = refused_by_proxy(e);

	if (proxy && code == CURLE_RECV_ERROR)
		return *proxy;
	switch (code) {
	case CURLE_PEER_FAILED_VERIFICATION:
		return untrusted(e);
	case CURLE_SSL_CACERT_BADFILE:
		return (struct meaning){-EIO, false, "ca_file or ca_path holds no certificates"};
	case CURLE_SSL_CERTPROBLEM:
		return (struct meaning){-EACCES, false,
		        "client_cert and client_key must be PEM files without a passphrase that "
		        "belong "
		        "together"};
	case CURLE_SSL_CONNECT_ERROR:
		return (struct meaning){-EIO, true,
		        "the server must offer TLS 1.2 or later; if it wants a certificate, set "
		        "client_cert"};
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_URL_MALFORMAT:
	case CURLE_LOGIN_DENIED:
		return (struct meaning){-EIO, false,
		        "the remote or a redirect of it is not a usable http(s) address"};
	case CURLE_COULDNT_RESOLVE_HOST:
		return (struct meaning){-EIO, true,
		        "check the account, bucket or host in `remote` or `endpoint`, and this "
		        "machine's resolver"};
	case CURLE_COULDNT_RESOLVE_PROXY:
		return (struct meaning){-EIO, true,
		        "check `proxy` of the profile, or http_proxy and https_proxy in the "
		        "agent's "
		        "environment"};
	case CURLE_COULDNT_CONNECT:
		return (struct meaning){-EIO, true,
		        "nobody listens there, or the network does not lead there; check the "
		        "address, and any proxy and firewall"};
	case CURLE_PARTIAL_FILE:
		return (struct meaning){-EIO, true, "the server ended its answer early"};
	case CURLE_OPERATION_TIMEDOUT:
		return (struct meaning){-EIO, true, "the server did not go on in time"};
	default:
		return (struct meaning){-EIO, true, "check the network, the address and any proxy"};
	}
}

int connection_failure(
        CURL *e, CURLcode code, const char *detail, bool *retry, char err[static STORE_ERROR_MAX])
{
	struct meaning m = meaning_of(e, code);
	/* That text would hold the proxy's address with its password. */
	bool shown = *detail && code != CURLE_COULDNT_RESOLVE_PROXY &&
	             strncmp(detail, "Unsupported proxy", 17) != 0;

	snprintf(err, STORE_ERROR_MAX, "%.255s; %s", shown ? detail : curl_easy_strerror(code),
	        m.remedy);
	*retry = m.retry;
	return m.error;
}
