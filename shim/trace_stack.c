/*
 * libunwind gives the types and constants here, and nothing else: nothing is linked, and the
 * library is loaded when the first stack is to be shown. So a program without LARDER_TRACE=stack
 * has libc alone.
 */
#include "shim/trace_stack.h"
#include "fetch/client/child.h"
#include "shim/shim.h"
#include "shim/trace_maps.h"

#include <dlfcn.h>
#include <pthread.h>
#include <unistd.h>

/* Where its header is missing, as beside another libc's, the shim is built without stacks. */
#if __has_include(<libunwind.h>)
#define UNW_LOCAL_ONLY
#include <libunwind.h>

#define LIBRARY        "libunwind.so.8"
#define NAME_SIZE      256         /* bytes of a function's name; more is cut */
#define STACK_SIZE     (256 << 10) /* for libunwind */
#define FDS_BEFORE_5_9 65536       /* that are closed one by one, where Linux has no close_range */

/* libunwind.h renames its functions for the machine. */
#define NAME_OF_(name) #name
#define NAME_OF(name)  NAME_OF_(name)

static struct {
	int (*context)(unw_context_t *);
	int (*init)(unw_cursor_t *, unw_context_t *);
	int (*step)(unw_cursor_t *);
	int (*get_reg)(unw_cursor_t *, int, unw_word_t *);
	int (*get_name)(unw_cursor_t *, char *, size_t, unw_word_t *);
	int (*set_caching)(unw_addr_space_t, unw_caching_policy_t);
	unw_addr_space_t *local;
	bool loaded;
} unwind;

#if defined(__x86_64__)
#define GET_CONTEXT(c) unwind.context(c)
#else
#define GET_CONTEXT(c) unw_getcontext(c) /* inline there */
#endif

struct walk {
	unw_context_t context;
	void (*each)(void *arg, const struct trace_frame *frame);
	void *arg;
};

static bool find_functions(void *library)
{
	void *(*find)(void *, const char *) = NULL;

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
	*(void **)&unwind.set_caching = find(library, NAME_OF(unw_set_caching_policy));
	unwind.local = find(library, NAME_OF(unw_local_addr_space));
	return unwind.init && unwind.step && unwind.get_reg && unwind.get_name &&
	       unwind.set_caching && unwind.local;
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

static void walk_frames(struct walk *w)
{
	struct trace_mapping mapping = {0};
	struct trace_frame frame = {0};
	char name[NAME_SIZE];
	unw_cursor_t cursor;
	unw_word_t ip, offset;

	if (unwind.init(&cursor, &w->context))
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
		w->each(w->arg, &frame);
		frame.n++;
	}
}

/*
 * libunwind has a pipe, by which it finds out whether an address can be read, and keeps its
 * numbers. The program could have put a file of its own there since. So the child has descriptors
 * of its own, and none but stderr: libunwind finds its pipe closed and makes another.
 */
static int walk(void *arg)
{
	struct walk *w = arg;

	sys_close(STDIN_FILENO);
	sys_close(STDOUT_FILENO);
	if (sys_call(SYS_close_range, STDERR_FILENO + 1, ~0U, 0, 0, 0, 0) < 0) {
		for (int fd = STDERR_FILENO + 1; fd < FDS_BEFORE_5_9; fd++)
			sys_close(fd);
	}
	unwind.set_caching(*unwind.local, UNW_CACHE_NONE);
	walk_frames(w);
	sys_call(SYS_exit, 0, 0, 0, 0, 0, 0);
	return 0;
}

void trace_stack(void (*each)(void *arg, const struct trace_frame *frame), void *arg)
{
	struct walk w = {.each = each, .arg = arg};
	char *stack;
	int saved = errno, cancel;

	if (GET_CONTEXT(&w.context))
		return;
	stack = sys_mmap(STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	if (stack == MAP_FAILED)
		return;
	/* libunwind opens files, and the child must not be taken for the thread that is cancelled.
	 */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	child_run(walk, &w, stack + STACK_SIZE);
	pthread_setcancelstate(cancel, NULL);
	sys_munmap(stack, STACK_SIZE);
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
