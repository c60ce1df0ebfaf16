/*
 * A key that its owner alone has, with which a store encrypts an object: the setting
 * `encryption_key`, which goes with each request. (Google calls that CSEK, Azure a
 * customer-provided key.)
 */
#ifndef LARDER_FETCH_STORE_KEY_H
#define LARDER_FETCH_STORE_KEY_H

#include "fetch/store.h"

#define STORE_KEY_BASE64 44 /* bytes of 32 ones in base64 */

/* The SHA-256 of a profile's key in base64, "" if it has none. 0, or -EINVAL with a message if that
 * is no key. */
int store_key_hash(const struct profile *p, char hash[static STORE_KEY_BASE64 + 1],
        char err[static STORE_ERROR_MAX]);

#endif
