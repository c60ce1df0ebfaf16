/*
 * Redirects, of stores that follow them. libcurl could do this too, but it takes all header lines
 * along but two, and those of a profile may be keys: to another host, port or scheme go only lines
 * that everybody sends, and no client certificate; nor does a way back bring them back.
 *
 * A server decides where the agent goes next, so each new address is looked at: http or https,
 * never http after https, and no nearer to this machine than the address before it. Of names it is
 * the name that counts; what a resolver makes of it is its own matter.
 */
#include "fetch/connection.h"
#include "fetch/header_lines.h"
#include "fetch/http_head.h"
#include "fetch/transfer_parts.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool transfer_is_redirect(const struct transfer *t)
{
	long status = t->response.status;

	return t->remote->ops->follows_redirects &&
	       (status == 301 || status == 302 || status == 303 || status == 307 || status == 308);
}

/* Whether two addresses have the same scheme, host and port. */
static bool same_origin(const char *a, const char *b)
{
	static const CURLUPart parts[] = {CURLUPART_SCHEME, CURLUPART_HOST, CURLUPART_PORT};
	CURLU *u = curl_url(), *v = curl_url();
	bool same = u && v && !curl_url_set(u, CURLUPART_URL, a, 0) &&
	            !curl_url_set(v, CURLUPART_URL, b, 0);

	for (size_t i = 0; i < sizeof parts / sizeof *parts && same; i++) {
		char *p = NULL, *q = NULL;

		same = !curl_url_get(u, parts[i], &p, CURLU_DEFAULT_PORT) &&
		       !curl_url_get(v, parts[i], &q, CURLU_DEFAULT_PORT) && !strcasecmp(p, q);
		curl_free(p);
		curl_free(q);
	}
	curl_url_cleanup(u);
	curl_url_cleanup(v);
	return same;
}

const char *transfer_redirect_fault(const char *from, const char *to)
{
	enum connection_reach reach = connection_reach(to);

	if (strlen(to) > TRANSFER_REDIRECT_URL)
		return "the redirect is to an address that is too long";
	if (reach == REACH_NOWHERE)
		return "the redirect is to no http(s) address; set `remote` to where the files are";
	if (!strncasecmp(from, "https:", 6) && strncasecmp(to, "https:", 6) != 0)
		return "the redirect leads from https to http, which anybody could read and "
		       "change; "
		       "set `remote` to an https address";
	if (reach != REACH_FAR && reach != connection_reach(from))
		return "the redirect leads to this machine or to its own network link; set "
		       "`remote` to "
		       "that address if it is meant";
	return NULL;
}

/* Whether everybody sends such a line. */
static bool is_public(const char *line)
{
	static const char *const names[] = {
	        "accept:", "accept-encoding:", "if-match:", "if-none-match:"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (!strncasecmp(line, names[i], strlen(names[i])))
			return true;
	}
	return false;
}

/* Leaves only those. False without memory. */
static bool keep_public(struct store_request *r)
{
	struct curl_slist *kept = NULL;
	bool good = true;

	for (struct curl_slist *l = r->headers; l && good; l = l->next) {
		struct curl_slist *longer;

		if (!is_public(l->data))
			continue;
		longer = curl_slist_append(kept, l->data);
		good = longer != NULL;
		kept = good ? longer : kept;
	}
	header_lines_wipe(r->headers);
	r->headers = kept;
	return good;
}

/* Takes over where it leads. False if it is not followed. */
static bool take(struct transfer *t, const char *to)
{
	struct store_request *r = &t->request;
	char *copy;

	t->redirect_fault = transfer_redirect_fault(r->url, to);
	copy = t->redirect_fault ? NULL : strdup(to);
	if (!copy)
		return false;
	t->elsewhere |= !same_origin(r->url, copy);
	free(r->url);
	r->url = copy;
	if (t->elsewhere && !keep_public(r)) {
		t->redirect_fault = "out of memory";
		return false;
	}
	return true;
}

bool transfer_redirect(struct transfer *t)
{
	CURLM *multi = t->owner->multi;
	char *to = NULL;

	if (!transfer_is_redirect(t) || curl_easy_getinfo(t->easy, CURLINFO_REDIRECT_URL, &to) ||
	        !to)
		return false;
	if (t->redirects++ == TRANSFER_REDIRECTS_MAX) {
		t->redirect_fault = "it leads from one redirect to the next; open the address in a "
		                    "browser and set `remote` to where it ends";
		return false;
	}
	if (!take(t, to))
		return false;
	/* What the answer said of where it leads (response.linked) stays. */
	curl_multi_remove_handle(multi, t->easy);
	connection_set(
	        t->easy, t->remote->profile, t->request.ca_file, t->request.url, t->elsewhere);
	curl_easy_setopt(t->easy, CURLOPT_URL, t->request.url);
	curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->request.headers);
	t->body_len = 0;
	if (curl_multi_add_handle(multi, t->easy) == CURLM_OK)
		return true;
	t->redirect_fault = "out of memory";
	return false;
}
