#include "cache/listing_sort.h"
#include "cache/temp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK_FIRST ((size_t)4096) /* bytes of a block at first */

/* A sorted run: in the file from `at` to `end`, a buffer of which is in memory; or, with no buffer,
 * the block. */
struct run {
	uint64_t at, end;
	char *buffer;
	size_t have, next;
	const struct sort_record *top; /* NULL at the end */
};

struct sort {
	char *path;
	int fd; /* of the runs; -1 until there is one */
	uint64_t written;
	char *block; /* records, each aligned */
	size_t used, room;
	uint32_t *order; /* where they are in the block */
	size_t count, order_room;
	struct run *runs; /* then a heap, smallest first */
	size_t n_runs, runs_room;
};

static size_t size_of(const struct sort_record *r)
{
	size_t n = sizeof *r + r->e.name_len + r->etag_len;

	return (n + alignof(struct sort_record) - 1) & ~(alignof(struct sort_record) - 1);
}

int sort_compare_names(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int order = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return order ? order : (a_len > b_len) - (a_len < b_len);
}

static int compare(const struct sort_record *a, const struct sort_record *b)
{
	int order = sort_compare_names(a->text, a->e.name_len, b->text, b->e.name_len);

	/* Directories first among equals: they are the ones that stay. */
	return order ? order : (int)b->e.type - (int)a->e.type;
}

static const struct sort_record *record_at(const char *block, size_t at)
{
	return (const struct sort_record *)(block + at);
}

static int compare_at(const void *a, const void *b, void *block)
{
	return compare(
	        record_at(block, *(const uint32_t *)a), record_at(block, *(const uint32_t *)b));
}

static int grow(void **p, size_t *room, size_t want, size_t unit, size_t first)
{
	size_t n = *room ? *room : first;
	void *bigger;

	if (want <= *room)
		return 0;
	while (n < want)
		n *= 2;
	bigger = realloc(*p, n * unit);
	if (!bigger)
		return -ENOMEM;
	*p = bigger;
	*room = n;
	return 0;
}

struct sort *sort_new(const char *path)
{
	struct sort *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	s->fd = -1;
	s->path = strdup(path);
	if (s->path)
		return s;
	free(s);
	return NULL;
}

void sort_free(struct sort *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n_runs; i++)
		free(s->runs[i].buffer);
	if (s->fd >= 0)
		close(s->fd);
	free(s->runs);
	free(s->order);
	free(s->block);
	free(s->path);
	free(s);
}

/* -- Runs -- */

static int open_file(struct sort *s)
{
	s->fd = open(s->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (s->fd < 0)
		return -errno;
	unlink(s->path);
	return 0;
}

/* Records in their order, by way of a buffer. */
static int write_records(struct sort *s)
{
	char buffer[SORT_RUN_BUFFER];
	size_t n = 0;
	int err = 0;

	for (size_t i = 0; i < s->count && !err; i++) {
		const struct sort_record *r = record_at(s->block, s->order[i]);
		size_t size = size_of(r);

		if (n + size > sizeof buffer) {
			err = temp_write(s->fd, buffer, n, s->written);
			s->written += n;
			n = 0;
		}
		memcpy(buffer + n, r, size);
		n += size;
	}
	if (!err)
		err = temp_write(s->fd, buffer, n, s->written);
	s->written += n;
	return err;
}

static int add_run(struct sort *s, uint64_t at, uint64_t end)
{
	int err = grow((void **)&s->runs, &s->runs_room, s->n_runs + 1, sizeof *s->runs, 8);

	if (!err)
		s->runs[s->n_runs++] = (struct run){.at = at, .end = end};
	return err;
}

/* The block becomes a run of the file. */
static int spill(struct sort *s)
{
	uint64_t at = s->written;
	int err = s->fd < 0 ? open_file(s) : 0;

	qsort_r(s->order, s->count, sizeof *s->order, compare_at, s->block);
	if (!err)
		err = write_records(s);
	if (!err)
		err = add_run(s, at, s->written);
	s->used = s->count = 0;
	return err;
}

int sort_add(struct sort *s, const struct listing_entry *e, const char *name, const char *etag,
        size_t etag_len)
{
	struct sort_record head = {.e = *e, .etag_len = (uint16_t)etag_len}, *r;
	size_t size = size_of(&head);
	int err = s->used + size > SORT_BLOCK ? spill(s) : 0;

	if (!err)
		err = grow((void **)&s->block, &s->room, s->used + size, 1, BLOCK_FIRST);
	if (!err)
		err = grow((void **)&s->order, &s->order_room, s->count + 1, sizeof *s->order, 64);
	if (err)
		return err;
	r = (struct sort_record *)(s->block + s->used);
	memset(s->block + s->used + size - alignof(struct sort_record), 0,
	        alignof(struct sort_record));
	*r = head;
	memcpy(r->text, name, e->name_len);
	memcpy(r->text + e->name_len, etag, etag_len);
	s->order[s->count++] = (uint32_t)s->used;
	s->used += size;
	return 0;
}

/* -- Merging -- */

/* More of it into memory, behind what is left there. What has been read is not needed any more;
 * where a file system cannot give it back, it is there until the end. */
static int refill(struct sort *s, struct run *r)
{
	size_t left = r->have - r->next, want = SORT_RUN_BUFFER - left;

	memmove(r->buffer, r->buffer + r->next, left);
	if (want > r->end - r->at)
		want = r->end - r->at;
	for (size_t got = 0; got < want;) {
		ssize_t n = pread(s->fd, r->buffer + left + got, want - got, (off_t)(r->at + got));

		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		got += (size_t)n;
	}
	fallocate(s->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)r->at, (off_t)want);
	r->at += want;
	r->have = left + want;
	r->next = 0;
	return 0;
}

static bool is_whole(const struct run *r)
{
	size_t left = r->have - r->next;

	return left >= sizeof(struct sort_record) && size_of(record_at(r->buffer, r->next)) <= left;
}

static int advance(struct sort *s, struct run *r)
{
	int err;

	if (!r->buffer) {
		r->top = r->next < s->count ? record_at(s->block, s->order[r->next]) : NULL;
		r->next++;
		return 0;
	}
	if (!is_whole(r)) {
		err = refill(s, r);
		if (err)
			return err;
	}
	r->top = is_whole(r) ? record_at(r->buffer, r->next) : NULL;
	if (r->top)
		r->next += size_of(r->top);
	return 0;
}

static bool before(const struct run *a, const struct run *b)
{
	return a->top && (!b->top || compare(a->top, b->top) < 0);
}

static void sift(struct sort *s, size_t i)
{
	struct run *h = s->runs;

	for (;;) {
		size_t best = i, left = 2 * i + 1, right = left + 1;
		struct run moved;

		if (left < s->n_runs && before(&h[left], &h[best]))
			best = left;
		if (right < s->n_runs && before(&h[right], &h[best]))
			best = right;
		if (best == i)
			return;
		moved = h[i];
		h[i] = h[best];
		h[best] = moved;
		i = best;
	}
}

int sort_begin(struct sort *s)
{
	size_t on_disk = s->n_runs;
	int err = add_run(s, 0, 0);

	if (err)
		return err;
	if (s->count)
		qsort_r(s->order, s->count, sizeof *s->order, compare_at, s->block);
	for (size_t i = 0; i < s->n_runs && !err; i++) {
		if (i < on_disk) {
			s->runs[i].buffer = malloc(SORT_RUN_BUFFER);
			err = s->runs[i].buffer ? 0 : -ENOMEM;
		}
		if (!err)
			err = advance(s, &s->runs[i]);
	}
	for (size_t i = s->n_runs / 2; i-- > 0 && !err;)
		sift(s, i);
	return err;
}

int sort_next(struct sort *s, const struct sort_record **out)
{
	struct run *r = s->runs;
	int err = 0;

	/* What was given out last is still the top of the heap. */
	if (*out) {
		err = advance(s, r);
		sift(s, 0);
	}
	*out = err ? NULL : r->top;
	return err;
}
