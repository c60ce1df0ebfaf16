#include "shim/trace_stack.h"
#include "shim/shim.h"
#include "shim/trace_maps.h"

#include <dlfcn.h>

/* Where its header is missing, as beside another libc's, the shim is built without stacks. */
#if __has_include(<libunwind.h>)
#define UNW_LOCAL_ONLY
#include <libunwind.h>

#define LIBRARY   "libunwind.so.8"
#define NAME_SIZE 256 /* bytes of a function's name; more is cut */

/* libunwind.h renames its functions for the machine. */
#define NAME_OF_(name) #name
#define NAME_OF(name)  NAME_OF_(name)

static struct {
	int (*context)(unw_context_t *);
	int (*init)(unw_cursor_t *, unw_context_t *);
	int (*step)(unw_cursor_t *);
	int (*get_reg)(unw_cursor_t *, int, unw_word_t *);
	int (*get_name)(unw_cursor_t *, char *, size_t, unw_word_t *);
	bool loaded;
} unwind;

#if defined(__x86_64__)
#define GET_CONTEXT(c) unwind.context(c)
#else
#define GET_CONTEXT(c) unw_getcontext(c) /* inline there */
#endif

static bool find_functions(void *library)
{
	void *(*find)(void *, const char *) = NULL;
	int (*set_caching)(unw_addr_space_t, unw_caching_policy_t);
	unw_addr_space_t *local;

	real_find("dlsym", (void **)&find, true);
#if defined(__x86_64__)
	*(void **)&unwind.context = find(library, NAME_OF(unw_tdep_getcontext));
	if (!unwind.context)
		return false;
#endif
	*(void **)&unwind.init = find(library, NAME_OF(unw_init_local));
	*(void **)&unwind.step = find(library, NAME_OF(unw_step));
	*(void **)&unwind.get_reg = find(library, NAME_OF(unw_get_reg));
	*(void **)&unwind.get_name = find(library, NAME_OF(unw_get_proc_name));
	*(void **)&set_caching = find(library, NAME_OF(unw_set_caching_policy));
	local = find(library, NAME_OF(unw_local_addr_space));
	if (!unwind.init || !unwind.step || !unwind.get_reg || !unwind.get_name || !set_caching ||
	        !local)
		return false;
	set_caching(*local, UNW_CACHE_NONE);
	return true;
}

static void ignore(void *arg, const struct trace_frame *frame)
{
	(void)arg;
	(void)frame;
}

bool trace_stack_load(void)
{
	void *(*load)(const char *, int) = NULL;
	void *library;

	/* Before glibc 2.34 a library of its own has them, which the program may have or not. */
	real_find("dlopen", (void **)&load, true);
	library = load(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	unwind.loaded = library && find_functions(library);
	/* What libunwind does the first time is done here, where there is one thread. */
	if (unwind.loaded)
		trace_stack(ignore, NULL);
	return unwind.loaded;
}

bool trace_stack_loaded(void)
{
	return unwind.loaded;
}

static bool is_own(uint64_t ip)
{
	extern const char __ehdr_start[], _end[] __attribute__((visibility("hidden")));

	return ip >= (uintptr_t)__ehdr_start && ip < (uintptr_t)_end;
}

void trace_stack(void (*each)(void *arg, const struct trace_frame *frame), void *arg)
{
	struct trace_mapping mapping = {0};
	struct trace_frame frame = {0};
	char name[NAME_SIZE];
	unw_context_t context;
	unw_cursor_t cursor;
	unw_word_t ip, offset;
	int saved = errno;

	if (GET_CONTEXT(&context) || unwind.init(&cursor, &context))
		return;
	while (frame.n < TRACE_DEPTH_MAX && unwind.step(&cursor) > 0) {
		if (unwind.get_reg(&cursor, UNW_REG_IP, &ip) || !ip)
			break;
		if (is_own(ip))
			continue;
		offset = 0;
		*name = 0;
		unwind.get_name(&cursor, name, sizeof name, &offset);
		name[sizeof name - 1] = 0;
		trace_maps_find(&mapping, ip);
		frame.function = *name ? name : "?";
		frame.in_function = offset;
		frame.object = mapping.path;
		frame.in_object = ip - mapping.base;
		each(arg, &frame);
		frame.n++;
	}
	errno = saved;
}

#else

bool trace_stack_load(void)
{
	return false;
}

bool trace_stack_loaded(void)
{
	return false;
}

void trace_stack(void (*each)(void *arg, const struct trace_frame *frame), void *arg)
{
	(void)each;
	(void)arg;
}

#endif
