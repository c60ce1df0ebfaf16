/*
 * Files that an agent acts on with its user's rights and keys: a configuration, credentials. What
 * others can write is refused, as ssh does with its own: a group may write only if it is the
 * user's alone (Debian's user-private groups), and an ACL is taken for others.
 */
#ifndef LARDER_FETCH_TRUST_H
#define LARDER_FETCH_TRUST_H

#include <stdbool.h>
#include <stddef.h>

#define TRUST_ERROR_MAX 512

/* 0, or -EPERM with a line in err that says what to do. `secret`: nor may others read it. */
int trust_file(int fd, const char *path, bool secret, char err[static TRUST_ERROR_MAX]);

/* The same by name; "" (no file) is 0. */
int trust_path(const char *path, bool secret, char err[static TRUST_ERROR_MAX]);

#endif
