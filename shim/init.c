/*
 * The start of the shim in a process: reads the configuration once and prepares what the calls look at.
 *
 * Nothing here is printed, and nothing fails: with a bad configuration every real path works as before, and virtual ones give EIO.
 */
#include "shim/shim.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

struct shim shim;

#define STRINGS_MAX (4 * CONFIG_PATH_MAX)
static char strings[STRINGS_MAX];
static size_t strings_used;

static char *join(const char *a, const char *b, size_t *len)
{
	size_t n = strlen(a), m = strlen(b);
	char *out = strings + strings_used;

	if (strings_used + n + m + 1 > sizeof strings) {
		shim.broken = -EIO;
		*len = 0;
		return strings;
	}
	memcpy(out, a, n);
	memcpy(out + n, b, m + 1);
	strings_used += n + m + 1;
	*len = n + m;
	return out;
}

/* The bytes by which nearly every path is told not to be ours. */
static void set_first_bytes(const struct config *c)
{
	shim.first_absolute['/'] = shim.first_absolute['.'] = true;
	shim.first_relative['.'] = true;
	for (const char *word = c->shim.schemes; *word; word += strspn(word, " ")) {
		shim.first_relative[(unsigned char)*word] = true;
		shim.first_absolute[(unsigned char)*word] = true;
		word += strcspn(word, " ");
	}
	for (int i = 0; i < c->n_profiles; i++) {
		const struct profile *p = &c->profiles[i];

		shim.first_relative[(unsigned char)*p->scheme] = true;
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

/* A working directory that was inherited may be ours. */
static void look_at_cwd(void)
{
	char cwd[CONFIG_PATH_MAX + 1];
	long n = sys_getcwd(cwd, sizeof cwd);

	/* One that does not fit could be anything. */
	if (n == -ERANGE || (n > (long)shim.carriers_len && memcmp(cwd, shim.carriers, shim.carriers_len) == 0))
		shim.cwd_ours = shim.dirs_open = true;
}

static uint64_t parse_hex(const char *s)
{
	uint64_t value = 0;

	for (; *s; s++) {
		int digit = *s >= '0' && *s <= '9' ? *s - '0' : *s >= 'a' && *s <= 'f' ? *s - 'a' + 10 : -1;

		if (digit < 0)
			return 0;
		value = value << 4 | (uint64_t)digit;
	}
	return value;
}

/* The command that was installed with us, else the one beside our folder: ../bin/larder. */
static const char *find_agent(void)
{
	size_t len;
	struct stat st;
	const char *own;
	char dir[CONFIG_PATH_MAX], *slash;
	Dl_info info;

	if (!dladdr((void *)find_agent, &info) || !info.dli_fname)
		return LARDER_BINDIR "/larder";
	own = info.dli_fname;
	len = strlen(own);
	if (len < sizeof dir) {
		memcpy(dir, own, len + 1);
		for (int i = 0; i < 2; i++) {
			slash = strrchr(dir, '/');
			if (!slash)
				break;
			*slash = 0;
		}
		own = join(dir, "/bin/larder", &len);
		if (own[0] == '/' && sys_fstatat(AT_FDCWD, own, &st, 0) == 0)
			return own;
	}
	return LARDER_BINDIR "/larder";
}

static void init(void)
{
	const char *run = getenv("LARDER_RUN");

	if (config_load(&shim.config, environ))
		shim.broken = -EIO;
	shim.uid = sys_getuid();
	shim.gid = (unsigned)sys_call(SYS_getegid, 0, 0, 0, 0, 0, 0);
	shim.data = join(shim.config.cache.location, "/data/", &shim.data_len);
	shim.carriers = join(shim.config.runtime_dir, "/carriers/", &shim.carriers_len);
	shim.listings = join(shim.config.runtime_dir, "/listings/", &shim.listings_len);
	shim.client = (struct client){
		.runtime_dir = shim.config.runtime_dir,
		.agent = find_agent(),
		.env = environ,
		.config = shim.config.hash,
		.run = run ? parse_hex(run) : 0,
	};
	set_first_bytes(&shim.config);
	look_at_cwd();
}

/*
 * Constructors of other libraries may call us before ours has run; then there is one thread. `ready` is set first, so that what
 * init itself reaches passes through with tables that are still empty.
 */
void shim_init(void)
{
	int saved = errno;

	if (shim.ready)
		return;
	shim.ready = true;
	init();
	errno = saved;
}

__attribute__((constructor)) static void construct(void)
{
	shim_init();
}
