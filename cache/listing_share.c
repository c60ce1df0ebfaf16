/* Copies of listings for other hosts, below dirs/: made, and brought back. */
#include "cache/beneath.h"
#include "cache/listing_parts.h"
#include "cache/read/hash.h"
#include "cache/read/validity.h"
#include "cache/replace.h"
#include "cache/temp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPIED ((size_t)32768) /* bytes at a time */

struct copying {
	int in;
	struct listing_header head;
};

/* Bytes from `at` to `end`, at the same place; their hash goes on. */
static int copy_bytes(int in, int out, uint64_t at, uint64_t end, struct hash_stream *sum)
{
	char buffer[COPIED];

	while (at < end) {
		size_t want = end - at < COPIED ? (size_t)(end - at) : COPIED;
		ssize_t n = pread(in, buffer, want, (off_t)at);
		int err = n > 0 ? temp_write(out, buffer, (size_t)n, at) : -EIO;

		if (err)
			return err;
		hash_add(sum, buffer, (size_t)n);
		at += (uint64_t)n;
	}
	return 0;
}

/* The listing as hash64_pair would see it (listing_sum), then the header with the sum. */
static int write_copy(void *arg, int fd)
{
	struct copying *c = arg;
	struct listing_header *h = &c->head;
	struct hash_stream sum;
	int err;

	hash_begin(&sum, HASH_LISTING);
	err = copy_bytes(c->in, fd, sizeof *h, h->text, &sum);
	hash_add(&sum, "", 1);
	if (!err)
		err = copy_bytes(c->in, fd, h->text, h->length, &sum);
	h->sum = hash_end(&sum);
	h->sum = h->sum ? h->sum : 1;
	h->expiry = 0;
	h->superseded = 0;
	return err ? err : temp_write(fd, (const char *)h, sizeof *h, 0);
}

/* One whose entries are updated meanwhile is not worth another try: its objects are on the way. */
static bool settled(int fd, const struct listing_header *before)
{
	struct listing_header now;

	return pread(fd, &now, sizeof now, 0) == sizeof now && now.seq == before->seq;
}

static int copy_whole(void *arg, int fd)
{
	struct copying *c = arg;
	struct listing_header before = c->head;
	int err = before.seq & 1 ? -EAGAIN : write_copy(arg, fd);

	return err ? err : settled(c->in, &before) ? 0 : -EAGAIN;
}

void listing_share(const struct layout *from, const struct layout *to, const char *rel)
{
	struct copying c = {.in = listing_open(from, rel)};
	char path[LAYOUT_PATH_MAX], temp[LAYOUT_OWNER_MAX + 16], owner[LAYOUT_OWNER_MAX];
	const char *name;
	int dir = -1;

	if (c.in >= 0 && to->writable && layout_dirs(to, path, rel) == 0 &&
	        pread(c.in, &c.head, sizeof c.head, 0) == sizeof c.head)
		dir = beneath_make_parent(to, path + strlen(to->location) + 1, &name);
	if (dir >= 0) {
		layout_owner(to, owner);
		snprintf(temp, sizeof temp, "%s.%s", name, owner);
		replace_file(dir, name, temp, to->file_mode, copy_whole, &c);
		close(dir);
	}
	if (c.in >= 0)
		close(c.in);
}

/*
 * A copy of a listing in the cache, which is only looked at then: in a group's cache another member
 * could shorten a file that is mapped, or put a FIFO in its place.
 */
static int copy_shared(const struct layout *l, const char *from, const char *to)
{
	int in = beneath_open(l, from, O_RDONLY, 0), out = -1;
	struct stat st;
	ssize_t n = -1;

	if (in >= 0 && fstat(in, &st) == 0 && S_ISREG(st.st_mode) &&
	        st.st_size <= LISTING_SHARED_MAX) {
		unlink(to);
		out = open(
		        to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, l->runtime_mode);
	}
	/* No more than that, if it grows meanwhile. */
	for (off_t left = out >= 0 ? st.st_size : 0; left > 0 && n != 0; left -= n) {
		n = sendfile(out, in, NULL, (size_t)left);
		if (n < 0)
			break;
	}
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return n < 0 ? -EIO : 0;
}

/* The copy becomes the listing, if it is one and not too old. */
static int take(const struct layout *l, const char *rel, const char *temp, const char *to,
        uint64_t expiry, int64_t not_before)
{
	struct listing_header *own = listing_map_file(temp, rel, PROT_READ | PROT_WRITE, false);
	bool usable = own && own->fetched >= not_before && listing_sound(own);

	if (usable) {
		own->sum = 0; /* entries are updated here */
		own->expiry = expiry;
		own->boot = boot_instant();
		own->superseded = 0;
		own->seq &= ~1U;
	}
	listing_unmap(own);
	if (!usable)
		return -ENOENT;
	listing_drop(l, rel);
	return rename(temp, to) == 0 ? 0 : -errno;
}

int listing_restore(const struct layout *l, const char *rel, uint64_t expiry, int64_t not_before)
{
	char from[LAYOUT_PATH_MAX], to[LAYOUT_PATH_MAX];
	char temp[LAYOUT_PATH_MAX + LAYOUT_OWNER_MAX], owner[LAYOUT_OWNER_MAX];
	int err;

	if (layout_dirs(l, from, rel) || layout_listing(l, to, rel))
		return -ENOENT;
	layout_owner(l, owner);
	snprintf(temp, sizeof temp, "%s.%s", to, owner);
	layout_make_parents(to, 0700);
	err = copy_shared(l, from + strlen(l->location) + 1, temp);
	if (!err)
		err = take(l, rel, temp, to, expiry, not_before);
	if (err)
		unlink(temp);
	return err ? -ENOENT : 0;
}
