#include "shim/trace.h"
#include "shim/shim.h"
#include "shim/trace_line.h"
#include "shim/trace_stack.h"

#include <poll.h>
#include <sys/auxv.h>
#include <unistd.h>

#define BASE_MAX 1024 /* bytes of a directory's path that is shown before a relative one */

static char file[CONFIG_PATH_MAX]; /* "": stderr */

/* Of the call that is under way. Calls nest where a signal handler makes one. */
#define PER_THREAD _Thread_local __attribute__((tls_model("initial-exec")))
static PER_THREAD uint64_t noted;
static PER_THREAD bool unwinding; /* libunwind's own calls have no trace */

enum note {
	OURS = 1,
	ASKED = 2,
	NOTES = 4, /* a token is the time, times this, and the notes of the call around */
};

static uint64_t now_us(void)
{
	struct timespec t = {0};

	/* Not by way of libc: others preload a clock of their own. */
	sys_call(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&t, 0, 0, 0, 0);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

void trace_note_ours(void)
{
	noted |= OURS;
}

void trace_note_asked(void)
{
	noted |= ASKED;
}

uint64_t trace_begin(void)
{
	uint64_t around = noted;

	/* A program that allows itself few calls could be killed for ours. */
	if (unwinding || shim.sandboxed)
		return 0;
	noted = 0;
	return (now_us() + 1) * NOTES | around;
}

/* -- Where it goes -- */

/* To a pipe that nobody reads any more, a write would be the end of the program. */
static bool is_read(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	struct timespec none = {0};

	sys_call(SYS_ppoll, (long)&p, 1, (long)&none, 0, 0, 0);
	return !(p.revents & (POLLERR | POLLNVAL));
}

static void put_out(const struct trace_text *t)
{
	int fd = STDERR_FILENO;

	if (*file)
		fd = sys_openat(AT_FDCWD, file,
		        O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666);
	if (fd >= 0 && is_read(fd))
		sys_write(fd, t->bytes, t->len);
	if (*file && fd >= 0)
		sys_close(fd);
}

static void begin_text(struct trace_text *t)
{
	t->len = 0;
	t->pid = (uint64_t)sys_call(SYS_getpid, 0, 0, 0, 0, 0, 0);
}

static void put_process(struct trace_text *t)
{
	trace_put(t, "larder ");
	trace_put_number(t, t->pid);
	trace_put(t, " ");
}

/* -- The line -- */

/* "s3://bucket" is complete, and so is what begins at the root. */
static bool is_relative(const char *path)
{
	size_t n = text_until(path, '/');

	return n && path[n - 1] != ':';
}

/* The directory that a relative path starts from, as programs know it, with '/' at its end. */
static void put_base(struct trace_text *t, int dirfd, const char *path)
{
	char found[BASE_MAX], shown[BASE_MAX];
	long n = fd_path(dirfd, found, sizeof found);
	const char *base = found, *rel;

	if (n <= 0 || *found != '/')
		return;
	rel = in_carriers(found);
	if (rel && *rel) {
		n = place_path(rel, shown, sizeof shown);
		base = shown;
	}
	if (n <= 0)
		return;
	trace_put_escaped(t, base, sizeof t->bytes / 2);
	if (*path && base[n - 1] != '/')
		trace_put(t, "/");
}

static void put_path(struct trace_text *t, int dirfd, const char *path, size_t room)
{
	trace_put(t, " \"");
	if (is_relative(path) || !*path)
		put_base(t, dirfd, path);
	trace_put_escaped(t, path, room);
	trace_put(t, "\"");
}

static void put_outcome(struct trace_text *t, int64_t ret)
{
	trace_put(t, " = ");
	if (ret == TRACE_OK)
		trace_put(t, "ok");
	else if (ret >= 0)
		trace_put_number(t, (uint64_t)ret);
	else
		trace_put_error(t, (int)-ret);
}

/* -- Stacks -- */

static void put_frame(void *arg, const struct trace_frame *f)
{
	struct trace_text *t = arg;

	/* What is there goes out in whole lines. */
	if (t->len > sizeof t->bytes / 2) {
		put_out(t);
		t->len = 0;
	}
	put_process(t);
	trace_put(t, "#");
	trace_put_number(t, f->n);
	trace_put(t, " ");
	trace_put_escaped(t, f->function, TRACE_TAIL);
	if (f->in_function) {
		trace_put(t, "+");
		trace_put_hex(t, f->in_function);
	}
	trace_put(t, " (");
	trace_put_escaped(t, f->object, TRACE_TAIL);
	trace_put(t, *f->object ? "+" : "");
	trace_put_hex(t, f->in_object);
	trace_put(t, ")\n");
}

static void put_stack(struct trace_text *t)
{
	unwinding = true;
	trace_stack(put_frame, t);
	unwinding = false;
}

/* -- The call -- */

void trace_end(
        uint64_t begun, const char *call, int dirfd, const char *path, const char *to, int64_t ret)
{
	uint64_t notes = noted, took = now_us() + 1 - begun / NOTES;
	struct trace_text t;

	noted = begun % NOTES;
	if (!(notes & OURS))
		return;
	begin_text(&t);
	put_process(&t);
	trace_put(&t, call);
	if (path) {
		put_path(&t, dirfd, path, to ? sizeof t.bytes / 2 : TRACE_TAIL);
	} else {
		trace_put(&t, " ");
		trace_put_number(&t, (unsigned)dirfd);
	}
	if (to) {
		trace_put(&t, " ->");
		put_path(&t, AT_FDCWD, to, TRACE_TAIL);
	}
	put_outcome(&t, ret);
	trace_put(&t, notes & ASKED ? " miss " : " hit ");
	trace_put_number(&t, took);
	trace_put(&t, "us\n");
	if ((notes & ASKED) && trace_stack_loaded())
		put_stack(&t);
	put_out(&t);
}

/* -- The start -- */

static void complain(const char *what, const char *why)
{
	struct trace_text t;

	begin_text(&t);
	put_process(&t);
	trace_put(&t, "LARDER_TRACE \"");
	trace_put_escaped(&t, what, sizeof t.bytes / 2);
	trace_put(&t, "\": ");
	trace_put(&t, why);
	trace_put(&t, "\n");
	put_out(&t);
}

/* Nothing is written at a prefix on the real disk. */
static bool is_virtual(const char *path)
{
	PLACE(p, AT_FDCWD, path);

	return p.kind != PLACE_REAL;
}

static void set_file(const char *path, size_t len)
{
	if (is_virtual(path))
		complain(path, "is a virtual path");
	else
		memcpy(file, path, len + 1);
}

void trace_setup(const char *wanted)
{
	char word[CONFIG_PATH_MAX];
	bool stack = false;

	if (!wanted || !*wanted || !strcmp(wanted, "0") || getauxval(AT_SECURE))
		return;
	for (; *wanted; wanted += *wanted == ',') {
		size_t n = text_until(wanted, ',');

		if (n >= sizeof word) {
			complain(wanted, "too long");
			return;
		}
		memcpy(word, wanted, n);
		word[n] = 0;
		wanted += n;
		if (*word == '/')
			set_file(word, n);
		else if (!strcmp(word, "stack"))
			stack = true;
		else if (*word && strcmp(word, "1") != 0)
			complain(word, "is neither 1 nor stack nor the absolute name of a file");
	}
	if (stack && !trace_stack_load())
		complain("stack", "libunwind.so.8 cannot be loaded; the trace has no stacks");
	/* A descriptor that is not stderr now will be something else of the program. */
	shim.tracing = *file || sys_fcntl(STDERR_FILENO, F_GETFD, 0) >= 0;
}
