/*
 * netrc: users and passwords of hosts, as curl, wget and git read them (ftp(1) has the format):
 *
 *	machine HOST login NAME password SECRET      default login NAME password SECRET
 *
 * Words stand in double quotes where they hold spaces; macros and lines that begin with '#' are
 * skipped. It is read here and not by libcurl, which would look it up for the host of a redirect
 * too.
 */
#ifndef LARDER_FETCH_NETRC_H
#define LARDER_FETCH_NETRC_H

#include <stddef.h>

#define NETRC_WORD_MAX 1023 /* bytes of a name or password */
#define NETRC_MAX      (1 << 20)

struct netrc_entry {
	char user[NETRC_WORD_MAX + 1], password[NETRC_WORD_MAX + 1]; /* "" where none is given */
};

/*
 * The first entry of a host, in any case of letters, or `default` before it. 0, or -ENOENT; -EINVAL
 * if a word of it is too long or holds a control character, or an entry is cut off.
 */
int netrc_find(const char *text, size_t len, const char *host, struct netrc_entry *out);

#endif
