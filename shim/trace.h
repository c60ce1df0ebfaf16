/*
 * The trace, for LARDER_TRACE: one line for each call that turned out to be virtual.
 *
 *	larder 4711 open "/data/demo/x" = 3 miss 15202us
 *
 * That is: process, call, path, outcome (a number, "ok" for a pointer, or an error's name), whether
 * the agent had to be asked (miss) or this host knew (hit), and microseconds. Paths are quoted as C
 * strings; what a terminal could not show is octal there. A relative path is shown behind its
 * directory.
 *
 * At the edge of a call, VIRTUAL evaluates its logic and traces it. What else belongs to a call is
 * noted where it happens: PLACE notes that a path is ours, ask_agent that the agent was asked.
 * Between them goes one thread-local word, not a pointer, so a child of vfork that never
 * returns, or a jump out of a signal handler, leaves nothing behind that could be followed.
 *
 * Nothing is kept open, nothing is allocated, and the kernel is called directly: everything here
 * but trace_setup is async-signal-safe.
 */
#ifndef LARDER_SHIM_TRACE_H
#define LARDER_SHIM_TRACE_H

#include <stdbool.h>
#include <stdint.h>

/* Out of the way of calls that are not traced. */
#define TRACE_COLD __attribute__((cold, noinline))

/* Takes LARDER_TRACE's value: words with commas between. "1" is stderr, "stack" adds stacks, what
 * begins with '/' is a file to append to. NULL, "" and "0": no trace. For the constructor. */
TRACE_COLD void trace_setup(const char *wanted);

/* The outcome of a call that gave a pointer. */
#define TRACE_OK INT64_MAX

/* Begins a call; what comes back, which is never 0, is for trace_end. */
TRACE_COLD uint64_t trace_begin(void);

/*
 * Ends it: `ret` is a value, -errno or TRACE_OK. Writes the line if the call was virtual. `path`
 * may be NULL (the call names a descriptor alone); `to` is the second path of a pair, or NULL.
 */
TRACE_COLD void trace_end(
        uint64_t begun, const char *call, int dirfd, const char *path, const char *to, int64_t ret);

/* Notes of the call that is under way in this thread. */
TRACE_COLD void trace_note_ours(void);
TRACE_COLD void trace_note_asked(void);

/* All of it, where there is a trace. Every begin has its end. */
#define TRACE_BEGIN() (UNLIKELY(shim.tracing) ? trace_begin() : 0)
#define TRACE_END(begun, call, dirfd, path, to, ret)                                               \
	(UNLIKELY(begun) ? trace_end(begun, call, dirfd, path, to, ret) : (void)0)
#define TRACE_PLACE(p)                                                                             \
	(UNLIKELY(shim.tracing) && (p)->kind != PLACE_REAL ? trace_note_ours() : (void)0)
#define TRACE_OURS()  (UNLIKELY(shim.tracing) ? trace_note_ours() : (void)0)
#define TRACE_ASKED() (UNLIKELY(shim.tracing) ? trace_note_asked() : (void)0)

/* The edge of a call: the value of `logic` (a value or -errno, in a long), traced as `call`. */
#define TRACED(call, dirfd, path, logic)                                                           \
	({                                                                                         \
		uint64_t begun_ = TRACE_BEGIN();                                                   \
		long ret_ = (logic);                                                               \
		TRACE_END(begun_, call, dirfd, path, NULL, ret_);                                  \
		ret_;                                                                              \
	})

/* The same in the exported function itself, with errno. */
#define VIRTUAL(dirfd, path, logic) RESULT(TRACED(__func__, dirfd, path, logic))

/* What is refused without a look at a place. */
#define REFUSED(dirfd, path, err) VIRTUAL(dirfd, path, (TRACE_OURS(), (err)))

/* For logic that gives a pointer, or NULL and errno. */
#define VIRTUAL_POINTER(dirfd, path, logic)                                                        \
	({                                                                                         \
		uint64_t begun_ = TRACE_BEGIN();                                                   \
		__typeof__(logic) ret_ = (logic);                                                  \
		TRACE_END(begun_, __func__, dirfd, path, NULL, ret_ ? TRACE_OK : -errno);          \
		ret_;                                                                              \
	})

#endif
