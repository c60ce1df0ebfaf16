/*
 * [shim] keep_preload: a program that is started with an environment without the shim gets it all
 * the same.
 *
 * An environment whose LD_PRELOAD names the shim is left as it is. In any other, the shim is
 * appended to LD_PRELOAD, and the variables that this program's configuration was made from are put
 * back as far as they are missing: with others, it would be another configuration, with an agent of
 * its own that has no credentials. Their text is kept from the start of the program, in the
 * configuration's memory, since a program may write over its own.
 */
#include "cache/read/config_parts.h"
#include "shim/exec.h"

#include <stdlib.h>
#include <unistd.h>

#define KEEP_MAX 64 /* variables */
#define PRELOAD  "LD_PRELOAD="

static struct {
	const char *shim; /* an entry of LD_PRELOAD */
	unsigned n;
	const char *variables[KEEP_MAX]; /* NAME=VALUE */
} keep;

static bool is_separator(char c)
{
	return c == ':' || c == ' ' || c == '\t' || c == '\n';
}

/* The last component of a path of n bytes. */
static const char *base_name(const char *path, size_t *n)
{
	const char *slash = memrchr(path, '/', *n);

	if (slash) {
		*n -= (size_t)(slash + 1 - path);
		path = slash + 1;
	}
	return path;
}

/* The entry of LD_PRELOAD that names the shim, under whatever path. */
static const char *find_shim(const char *list, size_t *len)
{
	const char *own = real_own_path(), *name;
	size_t own_len = own ? strlen(own) : 0, n;

	own = own ? base_name(own, &own_len) : "";
	for (; *list; list += *len) {
		while (is_separator(*list))
			list++;
		for (*len = 0; list[*len] && !is_separator(list[*len]); ++*len)
			;
		n = *len;
		name = base_name(list, &n);
		if (n && n == own_len && memcmp(name, own, n) == 0)
			return list;
	}
	return NULL;
}

static const char *keep_text(const char *a, size_t a_len, const char *b, size_t b_len)
{
	char text[CONFIG_PATH_MAX];

	if (a_len + 1 + b_len >= sizeof text)
		return "";
	memcpy(text, a, a_len);
	text[a_len] = '/';
	memcpy(text + a_len + 1, b, b_len);
	return config_keep(&shim.config, text, a_len + 1 + b_len);
}

/* As it was written, so that $LIB in it still works; but from the root. */
static const char *entry_of(const char *given, size_t len)
{
	const char *own = real_own_path();
	char cwd[CONFIG_PATH_MAX];
	long n;

	if (*given == '/' || *given == '$')
		return config_keep(&shim.config, given, len);
	if (own && *own == '/')
		return config_keep(&shim.config, own, strlen(own));
	n = sys_getcwd(cwd, sizeof cwd);
	return n > 1 && cwd[0] == '/' ? keep_text(cwd, (size_t)n - 1, given, len) : "";
}

void keep_init(char *const *env)
{
	const char *list = environ_get(env, "LD_PRELOAD");
	size_t len = 0;

	list = list ? find_shim(list, &len) : NULL;
	/* Loaded by other means, which no environment takes away. */
	if (!list)
		return;
	keep.shim = entry_of(list, len);
	for (; *env; env++) {
		if (environ_matters(*env) && keep.n < KEEP_MAX)
			keep.variables[keep.n++] = config_keep(&shim.config, *env, strlen(*env));
	}
}

bool keep_is_lost(char *const *env)
{
	const char *list;
	size_t len;

	if (!keep.shim || !*keep.shim)
		return false;
	list = environ_get(env, "LD_PRELOAD");
	return !list || !find_shim(list, &len);
}

static size_t count(char *const *env)
{
	size_t n = 0;

	while (env && env[n])
		n++;
	return n;
}

/* LD_PRELOAD with the shim at its end: its bytes, and the text. */
static size_t preload_room(const char *list)
{
	return sizeof PRELOAD + (list ? strlen(list) + 1 : 0) + strlen(keep.shim);
}

static void write_preload(const char *list, char *out)
{
	text_join(out, preload_room(list), PRELOAD, list ? list : "", list && *list ? ":" : "",
	        keep.shim, NULL);
}

size_t keep_room(char *const *env)
{
	return (count(env) + keep.n + 2) * sizeof(char *) +
	       preload_room(environ_get(env, "LD_PRELOAD"));
}

static bool has(char *const *env, const char *variable)
{
	size_t n = text_until(variable, '=') + 1;

	for (; env && *env; env++) {
		if (strncmp(*env, variable, n) == 0)
			return true;
	}
	return false;
}

char *const *keep_fill(char *const *env, void *room)
{
	const char **out = room;
	char *preload = (char *)(out + count(env) + keep.n + 2);
	size_t n = 0;

	write_preload(environ_get(env, "LD_PRELOAD"), preload);
	out[n++] = preload;
	for (char *const *e = env; e && *e; e++) {
		if (strncmp(*e, PRELOAD, strlen(PRELOAD)) != 0)
			out[n++] = *e;
	}
	for (unsigned i = 0; i < keep.n; i++) {
		if (!has(env, keep.variables[i]))
			out[n++] = keep.variables[i];
	}
	out[n] = NULL;
	return (char *const *)out;
}

/* What system() and popen() run, libc starts with the program's own environment: there is no other
 * way than to put it back there. Neither is a call for a signal handler or a vfork child. */
static void restore_environ(void)
{
	const char *list = environ_get(environ, "LD_PRELOAD");

	if (!keep_lost(environ))
		return;

	char preload[preload_room(list)];

	write_preload(list, preload);
	setenv("LD_PRELOAD", preload + strlen(PRELOAD), 1); /* allow: setenv: see above */
	for (unsigned i = 0; i < keep.n; i++) {
		if (!has(environ, keep.variables[i]))
			putenv((char *)keep.variables[i]); /* allow: putenv: the text stays */
	}
}

EXPORT int system(const char *command)
{
	restore_environ();
	return REAL(system)(command);
}

EXPORT FILE *popen(const char *command, const char *mode)
{
	restore_environ();
	return REAL(popen)(command, mode);
}
