#include "cache/lock.h"
#include "cache/beneath.h"
#include "cache/read/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <uthash.h>

struct lock_address {
	uint64_t hash;
	int fd;
	UT_hash_handle hh;
};

void locks_init(struct locks *l, const struct layout *layout)
{
	*l = (struct locks){.layout = layout};
	for (int i = 0; i < LOCK_FILES; i++)
		l->fds[i] = -1;
}

void lock_host_drop(struct locks *l, uint64_t hash)
{
	struct lock_address *a;

	HASH_FIND(hh, l->held, &hash, sizeof hash, a);
	if (!a)
		return;
	HASH_DEL(l->held, a);
	close(a->fd);
	free(a);
}

void locks_release(struct locks *l)
{
	while (l->held)
		lock_host_drop(l, l->held->hash);
	for (int i = 0; i < LOCK_FILES; i++) {
		if (l->fds[i] >= 0)
			close(l->fds[i]);
		l->fds[i] = -1;
	}
}

/* --- between the agents of a host --- */

/* The same for all agents of this host and cache, and hard to meet by accident. */
static socklen_t make_address(const struct locks *l, uint64_t hash, struct sockaddr_un *address)
{
	struct utsname u = {.nodename = ""};
	char hex[HASH_HEX_LEN + 1];
	struct stat st = {0};
	uint64_t parts[3];
	int n;

	uname(&u);
	fstat(l->layout->location_fd, &st);
	parts[0] = (uint64_t)st.st_dev;
	parts[1] = (uint64_t)st.st_ino;
	parts[2] = hash;
	hash_hex(
	        hash64_pair(HASH_OBJECT, parts, sizeof parts, u.nodename, strlen(u.nodename)), hex);
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	n = snprintf(address->sun_path + 1, sizeof address->sun_path - 1, "larder-%s", hex);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n);
}

int lock_host_try(struct locks *l, uint64_t hash)
{
	struct sockaddr_un address;
	socklen_t len = make_address(l, hash, &address);
	struct lock_address *a;
	int err = 0;

	HASH_FIND(hh, l->held, &hash, sizeof hash, a);
	if (a)
		return 0;
	if (HASH_COUNT(l->held) >= LOCK_HOST_MAX)
		return -ENOLCK;
	a = calloc(1, sizeof *a);
	if (!a)
		return -ENOMEM;
	a->hash = hash;
	a->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (a->fd < 0 || bind(a->fd, (struct sockaddr *)&address, len) != 0)
		err = errno == EADDRINUSE ? -EAGAIN : -ENOLCK;
	if (err) {
		if (a->fd >= 0)
			close(a->fd);
		free(a);
		return err;
	}
	HASH_ADD(hh, l->held, hash, sizeof hash, a);
	return 0;
}

/* --- between hosts --- */

static int open_file(const struct layout *l, uint64_t hash)
{
	const char *name;
	char path[16];
	int fd, dir;

	snprintf(path, sizeof path, "locks/%02x", (unsigned)(hash % LOCK_FILES));
	fd = beneath_open(l, path, O_RDWR | O_CREAT, l->file_mode);
	if (fd == -ENOENT && (dir = beneath_make_parent(l, path, &name)) >= 0) {
		close(dir);
		fd = beneath_open(l, path, O_RDWR | O_CREAT, l->file_mode);
	}
	return fd;
}

static int set(int fd, uint64_t hash, short type)
{
	struct flock fl = {
	        .l_type = type,
	        .l_whence = SEEK_SET,
	        .l_start = (off_t)((hash >> 8) & 0x3fffffff),
	        .l_len = 1,
	};

	return fcntl(fd, F_OFD_SETLK, &fl) == 0 ? 0 : -errno;
}

/* A file that has gone from the server, whose locks were lost, or that somebody unlinked. */
static bool is_dead(int fd, int err)
{
	struct stat st;

	return err == -ESTALE || err == -EIO || err == -EBADF ||
	       (!err && fstat(fd, &st) == 0 && st.st_nlink == 0);
}

int lock_file_try(const struct layout *l, uint64_t hash, int *fd)
{
	int err = 0;

	for (int i = 0; i < 2; i++) {
		if (*fd < 0)
			*fd = open_file(l, hash);
		if (*fd < 0)
			return *fd;
		err = set(*fd, hash, F_WRLCK);
		if (!is_dead(*fd, err))
			break;
		close(*fd);
		*fd = -1;
	}
	/* SMB says EACCES for a lock that somebody holds. */
	return err == -EACCES ? -EAGAIN : err;
}

int lock_try(struct locks *l, uint64_t hash)
{
	int err = lock_file_try(l->layout, hash, &l->fds[hash % LOCK_FILES]), host;

	if (!err || err == -EAGAIN)
		return err;
	host = lock_host_try(l, hash);
	return host == -ENOLCK ? err : host;
}

void lock_drop(struct locks *l, uint64_t hash)
{
	int fd = l->fds[hash % LOCK_FILES];

	if (fd >= 0)
		set(fd, hash, F_UNLCK);
	lock_host_drop(l, hash);
}
