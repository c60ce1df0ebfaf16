/*
 * What a web server is shown: the Authorization line of an http profile. The first of these that is
 * there: a line of `headers`, `bearer_token`, `bearer_token_file`, and the host's entry of a netrc
 * (`netrc`, NETRC, or ~/.netrc). Files are read by workers, and again every HTTP_LOGIN_FRESH_S
 * while there are requests; and when a server refuses what they held.
 */
#ifndef LARDER_FETCH_HTTP_LOGIN_H
#define LARDER_FETCH_HTTP_LOGIN_H

#include "fetch/store.h"

#define HTTP_LOGIN_FRESH_S 10
#define HTTP_LOGIN_AGAIN_S 1 /* after which a refusal makes them be read again */

struct http_login;

/* With the environment of the process. NULL without memory. */
struct http_login *http_login_new(const struct config *c, const struct profile *p);
void http_login_free(struct http_login *l); /* wipes it */

/* The line "Authorization: …", or NULL if there is none to give. */
const char *http_login_line(const struct http_login *l);

/* Whether requests have credentials, by this line or one of `headers`. */
bool http_login_known(const struct http_login *l);

/* Where it is from, for messages; without credentials, what could be done to have some. */
const char *http_login_source(const struct http_login *l);

/* Where it is from, or will be looked for first; "" if nobody gave any. */
const char *http_login_who(const struct http_login *l);

/* A server refused a request of `sent`. Whether it should be sent again, perhaps with another line.
 */
bool http_login_refused(struct http_login *l, int64_t sent, int64_t now);

/* As the operations of a store. */
enum login_need http_login_needs(struct http_login *l, int64_t now);
int http_login_read(struct http_login *l, char err[static STORE_ERROR_MAX]);
void http_login_take(struct http_login *l, int error);

#endif
