/*
 * This agent's own journal: finding it, appending to it, closing it.
 */
#include "cache/journals_parts.h"
#include "cache/read/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <unistd.h>

#define OWN_MAX  16 /* agents of one runtime folder: two while one is reloaded */
#define HOST_MAX 25

int journals_lock(int fd)
{
	struct flock fl = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};

	if (fcntl(fd, F_OFD_SETLK, &fl) == 0)
		return 0;
	return errno == EACCES ? -EAGAIN : -errno;
}

/* Names are of the host and of a random number, which the runtime folder keeps for this cache. Its
 * locks are a local disk's, so no two agents have the same at once. */
static int choose_name(struct journals *j)
{
	char path[LAYOUT_PATH_MAX], name[32], hex[HASH_HEX_LEN + 1] = "";
	struct utsname u = {.nodename = ""};
	uint64_t id, place = hash64(HASH_CONFIG, j->layout->location, strlen(j->layout->location));
	int fd = -1;

	for (int i = 0; i < OWN_MAX; i++) {
		snprintf(name, sizeof name, "journal.%08x.%d", (unsigned)place, i);
		layout_runtime(j->layout, path, name);
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd < 0)
			return -errno;
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			break;
		close(fd);
		fd = -1;
	}
	if (fd < 0)
		return -EMFILE;
	if (pread(fd, hex, HASH_HEX_LEN, 0) != HASH_HEX_LEN ||
	        strspn(hex, "0123456789abcdef") != HASH_HEX_LEN) {
		if (getrandom(&id, sizeof id, 0) != sizeof id)
			id = (uint64_t)getpid();
		hash_hex(id, hex);
		if (pwrite(fd, hex, HASH_HEX_LEN, 0) != HASH_HEX_LEN)
			hash_hex(id, hex); /* the next agent begins another */
	}
	uname(&u);
	snprintf(j->name, sizeof j->name, "%.*s.%s.log", HOST_MAX, u.nodename, hex);
	for (char *p = j->name; *p; p++)
		*p = *p == '/' ? '-' : *p;
	j->life = fd;
	return 0;
}

int journals_open_file(struct journals *j, const char *name, int flags)
{
	int folder, fd;

	if (mkdirat(j->layout->location_fd, "usage", j->layout->dir_mode) != 0 && errno != EEXIST)
		return -errno;
	folder = journals_folder(j);
	if (folder < 0)
		return folder;
	fd = openat(folder, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | flags,
	        j->layout->file_mode);
	if (fd < 0)
		fd = -errno;
	close(folder);
	return fd;
}

static void set_own(struct journals *j, uint16_t number)
{
	pthread_mutex_lock(&j->lock);
	j->own = number;
	pthread_mutex_unlock(&j->lock);
}

int journals_open_own(struct journals *j, const atomic_bool *stop)
{
	int err = j->life < 0 ? choose_name(j) : 0, fd;
	struct journal_file *f;

	if (err)
		return err;
	fd = journals_open_file(j, j->name, 0);
	if (fd < 0)
		return fd;
	journals_lock(fd);
	set_own(j, journals_number(j, j->name, fd));
	if (!j->own) {
		close(fd);
		return -EINVAL;
	}
	f = &j->files[j->own];
	j->lines = 0;
	err = journals_read_on(j, j->own, stop);
	if (!err && *stop)
		err = -ECANCELED;
	/* A line that was torn by a crash goes. */
	if (!err && ftruncate(fd, (off_t)f->at) != 0)
		err = -errno;
	if (err) {
		journals_forget(j, j->own);
		set_own(j, 0);
		return err;
	}
	pthread_mutex_lock(&j->lock);
	j->delta = (int64_t)f->at - (int64_t)j->flushed;
	pthread_mutex_unlock(&j->lock);
	return 0;
}

struct journals *journals_open(const struct layout *l, struct index *ix)
{
	struct journals *j = calloc(1, sizeof *j);

	if (!j)
		return NULL;
	j->layout = l;
	j->index = ix;
	j->n_files = JOURNAL_FIRST;
	j->life = -1;
	pthread_mutex_init(&j->lock, NULL);
	return j;
}

/* Whether the file that we append to still has its name. */
static bool has_name(const struct journals *j)
{
	struct stat st;

	return fstat(j->files[j->own].fd, &st) == 0 && st.st_nlink;
}

int journals_flush(struct journals *j)
{
	size_t done = 0;
	ssize_t n = 0;

	if (!j->own)
		return 0;
	pthread_mutex_lock(&j->lock);
	if (!j->writing_len) {
		free(j->writing);
		j->writing = j->pending;
		j->writing_len = j->pending_len;
		j->pending = NULL;
		j->pending_len = j->pending_room = 0;
	}
	pthread_mutex_unlock(&j->lock);
	while (done < j->writing_len && n >= 0) {
		n = pwrite(j->files[j->own].fd, j->writing + done, j->writing_len - done,
		        (off_t)((int64_t)j->flushed + j->delta + (int64_t)done));
		if (n > 0)
			done += (size_t)n;
	}
	/* What did not fit comes again, from its beginning. */
	if (done < j->writing_len)
		return -errno;
	for (size_t i = 0; i < done; i++)
		j->lines += j->writing[i] == '\n';
	pthread_mutex_lock(&j->lock);
	j->flushed += done;
	j->writing_len = 0;
	pthread_mutex_unlock(&j->lock);
	if (!has_name(j))
		j->lost = true;
	return 0;
}

void journals_close(struct journals *j, bool clean)
{
	struct journal_line end = {.kind = JOURNAL_END, .time = journals_now(j), .rel = "."};

	clean = clean && j->own && !j->lost;
	if (clean && (j->appended || j->last != JOURNAL_END))
		journals_append(j, &end);
	if (journals_flush(j) == 0 && j->pending_len)
		journals_flush(j);
	for (unsigned i = JOURNAL_FIRST; i < j->n_files; i++) {
		if (j->files[i].name[0])
			close(j->files[i].fd);
	}
	if (j->life >= 0)
		close(j->life);
	pthread_mutex_destroy(&j->lock);
	free(j->pending);
	free(j->writing);
	free(j);
}
