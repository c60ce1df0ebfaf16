/* What tells this process, and the file system's time, from those of other hosts. */
#include "cache/layout.h"
#include "cache/read/hash.h"
#include "cache/read/validity.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#define HOST_WORD_MAX 24 /* of a host's name, in the names of files */

/* The same for all processes that see each other by their numbers. 0 if that cannot be told. */
static uint64_t place(void)
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	char boot[40];
	ssize_t n = fd >= 0 ? read(fd, boot, sizeof boot) : -1;
	struct stat pids;

	if (fd >= 0)
		close(fd);
	if (n <= 0 || stat("/proc/self/ns/pid", &pids) != 0)
		return 0;
	return hash64_pair(HASH_CONFIG, boot, (size_t)n, &pids.st_ino, sizeof pids.st_ino);
}

void layout_set_id(struct layout *l)
{
	uint64_t where = place(), n = 0;
	char hex[HASH_HEX_LEN + 1];

	if (getrandom(&n, sizeof n, 0) != sizeof n)
		n = boottime_ms() << 22 ^ (uint64_t)getpid();
	hash_hex(n, l->id);
	hash_hex(where, hex);
	if (where)
		memcpy(l->id, hex, LAYOUT_PLACE_LEN);
}

void layout_owner(const struct layout *l, char out[static LAYOUT_OWNER_MAX])
{
	struct utsname u = {.nodename = ""};

	uname(&u);
	for (char *p = u.nodename; *p; p++) {
		if (*p == '/' || *p == '.')
			*p = '-';
	}
	snprintf(out, LAYOUT_OWNER_MAX, "%.*s.%d-%s", HOST_WORD_MAX, u.nodename, (int)getpid(),
	        l->id);
}

int64_t layout_now(const struct layout *l)
{
	return atomic_load_explicit(&l->clock_ms, memory_order_relaxed) + (int64_t)boottime_ms();
}

void layout_set_clock(struct layout *l)
{
	char path[LAYOUT_PATH_MAX], owner[LAYOUT_OWNER_MAX];
	struct timespec now;
	struct stat st;
	int fd = -1;

	layout_owner(l, owner);
	snprintf(path, sizeof path, "%s/tmp/.clock.%s", l->location, owner);
	if (l->writable)
		fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	clock_gettime(CLOCK_REALTIME, &now);
	if (fd >= 0) {
		if (fstat(fd, &st) == 0)
			now = st.st_ctim;
		unlink(path);
		close(fd);
	}
	atomic_store_explicit(&l->clock_ms,
	        now.tv_sec * 1000 + now.tv_nsec / 1000000 - (int64_t)boottime_ms(),
	        memory_order_relaxed);
}
