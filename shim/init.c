/*
 * The start of the shim in a process: reads the configuration once and prepares what the calls look
 * at.
 *
 * Nothing here is printed, and nothing fails: with a bad configuration every real path works as
 * before, and virtual ones give EIO.
 */
#include "cache/read/above.h"
#include "cache/read/config_parts.h"
#include "shim/exec.h"

#include <stdlib.h>
#include <sys/auxv.h>
#include <unistd.h>

/* On a page of its own: a program's start touches its first one alone. */
_Alignas(4096) struct shim shim;

/* A folder with '/' at its end, kept with the configuration's own text. */
static const char *keep_dir(const char *base, const char *name, size_t *len)
{
	char path[CONFIG_PATH_MAX];

	*len = text_join(path, sizeof path, base, name, NULL);
	if (!*len)
		shim.broken = -EIO;
	return config_keep(&shim.config, path, *len);
}

/* The bytes by which nearly every path is told not to be ours. */
static void set_first_bytes(const struct config *c)
{
	shim.first_absolute['/'] = shim.first_absolute['.'] = true;
	shim.first_relative['.'] = true;
	for (const char *word = c->shim.schemes; *word; word += text_run(word, ' ')) {
		shim.first_relative[(unsigned char)*word] = true;
		shim.first_absolute[(unsigned char)*word] = true;
		word += text_until(word, ' ');
	}
	for (int i = 0; i < c->n_profiles; i++) {
		const struct profile *p = &c->profiles[i];

		shim.first_relative[(unsigned char)*p->scheme] = true;
		shim.first_relative[(unsigned char)*p->remote] = true;
		if (!p->path_len)
			continue;
		shim.first_absolute[(unsigned char)p->path[1]] = true;
		for (const char *s = p->path; *s; s++) {
			if (*s == '/')
				shim.first_relative[(unsigned char)s[1]] = true;
		}
	}
	shim.first_relative[0] = shim.first_absolute[0] = false;
}

static void look_at_disk(void)
{
	struct stat st;

	for (int i = 0; i < shim.config.n_profiles && !shim.on_disk; i++) {
		const char *path = shim.config.profiles[i].path;

		shim.on_disk = *path && sys_fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
	}
}

/* A working directory that was inherited may be ours. */
static void look_at_cwd(void)
{
	char cwd[CONFIG_PATH_MAX + 1];
	long n = sys_getcwd(cwd, sizeof cwd);

	/* One that does not fit could be anything. */
	if (n == -ERANGE || (n > 0 && in_carriers(cwd)))
		shim.cwd_ours = true;
	else if (n > 1)
		shim.above_open = above_is(&shim.config, cwd, n > 2 ? (size_t)n - 1 : 0);
}

static uint64_t parse_hex(const char *s)
{
	uint64_t value = 0;

	for (; *s; s++) {
		int digit = *s >= '0' && *s <= '9'   ? *s - '0'
		            : *s >= 'a' && *s <= 'f' ? *s - 'a' + 10
		                                     : -1;

		if (digit < 0)
			return 0;
		value = value << 4 | (uint64_t)digit;
	}
	return value;
}

static void init(void)
{
	const char *run = getenv("LARDER_RUN");

	if (config_load(&shim.config, environ))
		shim.broken = -EIO;
	shim.uid = shim.config.uid;
	shim.gid = (unsigned)getauxval(AT_EGID);
	shim.shared = *shim.config.cache.group != 0;
	shim.data = keep_dir(shim.config.cache.location, "/data/", &shim.data_len);
	shim.local = "";
	if (*shim.config.local.location)
		shim.local = keep_dir(shim.config.local.location, "/data/", &shim.local_len);
	shim.root_len = shim.data_len > shim.local_len ? shim.data_len : shim.local_len;
	for (int i = 0; i < shim.config.n_profiles; i++) {
		const struct profile *p = &shim.config.profiles[i];

		shim.in_place |= p->in_place;
		if (p->in_place && strlen(p->prefix) + 1 > shim.root_len)
			shim.root_len = strlen(p->prefix) + 1;
	}
	shim.carriers = keep_dir(shim.config.runtime_dir, "/carriers/", &shim.carriers_len);
	shim.listings = keep_dir(shim.config.runtime_dir, "/listings/", &shim.listings_len);
	shim.client = (struct client){
	        .runtime_dir = shim.config.runtime_dir,
	        .config = shim.config.hash,
	        .run = run ? parse_hex(run) : 0,
	        .offline = shim.config.offline,
	        .system = shim.config.cache.system,
	};
	set_first_bytes(&shim.config);
	shim.recording = *shim.config.record != 0;
	shim.dirs_open = DIRS_INHERITED;
	look_at_cwd();
	look_at_disk();
	trace_setup(getenv("LARDER_TRACE"));
	if (shim.config.shim.keep_preload)
		keep_init(environ);
}

/* `ready` is set first, so that what init itself reaches passes through with tables that are still
 * empty. (Not inlined: gcc 12 fails at that across files.) */
__attribute__((constructor, noinline)) static void construct(void)
{
	int saved = errno;

	/* Written without a look before: a page that was only read would fault once more. */
	if (__atomic_exchange_n(&shim.ready, true, __ATOMIC_RELAXED))
		return;
	init();
	errno = saved;
}

/*
 * Constructors of other libraries may call us before ours has run; then there is one thread.
 * Without an environment libc itself has not begun: that is the runtime of a sanitizer, making the
 * folder for its reports, and with empty tables it passes through. Every call leads here, so it is
 * not to become a part of each.
 */
__attribute__((noinline)) void shim_init(void)
{
	if (environ)
		construct();
}
