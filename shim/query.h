/*
 * The body of a call that asks something about one path.
 *
 *	QUERY(dirfd, path, the real call with `path`, logic)
 *
 * The real call is made for what is real: it fails by -1 and errno. `logic` is evaluated for what
 * is ours and exists: an expression of the place `p` and the view `v`, whose value is the call's,
 *or -errno.
 */
#ifndef LARDER_SHIM_QUERY_H
#define LARDER_SHIM_QUERY_H

#include "shim/shim.h"

#define QUERY(dirfd, path, call, logic)                                                            \
	QUERY_THEN(dirfd, path, call, logic, return (__typeof__(call))RESULT(err))

/* The same where the value could be taken for an error: a statement returns it. */
#define QUERY_THEN(dirfd, path, call, logic, answer)                                               \
	do {                                                                                       \
		const char *given = path;                                                          \
		if (!ours_at(dirfd, path)) {                                                       \
			__typeof__(call) ret = call;                                               \
			if (ret != -1 || !ours_after(dirfd, path))                                 \
				return ret;                                                        \
		}                                                                                  \
		uint64_t begun = TRACE_BEGIN();                                                    \
		PLACE(p, dirfd, path);                                                             \
		while (p.kind == PLACE_REAL) {                                                     \
			path = p.path;                                                             \
			__typeof__(call) ret = call;                                               \
			if (ret == -1 && errno == ENOENT && place_follow(&p, dirfd))               \
				continue;                                                          \
			TRACE_END(begun, __func__, dirfd, given, NULL, ret);                       \
			return ret;                                                                \
		}                                                                                  \
		struct view v;                                                                     \
		long err = p.kind == PLACE_ERROR ? p.error : view_find(&p, &v);                    \
		if (!err)                                                                          \
			err = (logic);                                                             \
		TRACE_END(begun, __func__, dirfd, given, NULL, err);                               \
		if (err < 0)                                                                       \
			return (__typeof__(call))RESULT(err);                                      \
		answer;                                                                            \
	} while (0)

#endif
