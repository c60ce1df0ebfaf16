#include "cache/listing_parts.h"
#include "cache/listing_sort.h"
#include "cache/read/hash.h"
#include "cache/read/identity.h"
#include "cache/read/validity.h"
#include "cache/replace.h"
#include "cache/temp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WRITE_BUFFER ((size_t)64 << 10)

struct listing_build {
	const struct layout *layout;
	char *rel;
	uint32_t dev;
	uint64_t count, text_len; /* names, and bytes of text, the rel included */
	struct sort *sort;
	char path[LAYOUT_PATH_MAX], temp[LAYOUT_PATH_MAX + LAYOUT_OWNER_MAX];
};

struct listing_build *listing_build_new(
        const struct layout *l, const struct profile *p, const char *rel)
{
	struct listing_build *b = calloc(1, sizeof *b);
	char owner[LAYOUT_OWNER_MAX];

	if (!b)
		return NULL;
	layout_owner(l, owner);
	b->layout = l;
	b->dev = p->dev;
	b->text_len = strlen(rel) + 1;
	b->rel = strdup(rel);
	/* The folder of a profile's listings is made with its first one. */
	if (b->rel && layout_listing(l, b->path, rel) == 0 &&
	        layout_make_parents(b->path, 0700) == 0) {
		snprintf(b->temp, sizeof b->temp, "%s.%s", b->path, owner);
		b->sort = sort_new(b->temp);
	}
	if (!b->sort) {
		listing_build_free(b);
		return NULL;
	}
	return b;
}

void listing_build_free(struct listing_build *b)
{
	if (!b)
		return;
	sort_free(b->sort);
	free(b->rel);
	free(b);
}

uint64_t listing_build_count(const struct listing_build *b)
{
	return b->count;
}

int listing_build_add(struct listing_build *b, const char *name, size_t len,
        const struct listing_info *info, const char *etag)
{
	char escaped[KEY_NAME_MAX + 2];
	size_t n = 0, etag_len = strlen(etag);
	struct listing_entry e;
	int err;

	if (key_append_name(escaped, sizeof escaped, &n, name, len))
		return -ENAMETOOLONG;
	/* Offsets in the text have 32 bits. */
	if (b->count >= LISTING_ENTRIES_MAX || b->text_len + n + etag_len + 2 > UINT32_MAX)
		return -E2BIG;
	e = (struct listing_entry){
	        .size = info->size,
	        .mtime = info->mtime,
	        .ino = info->ino,
	        .name_len = (uint16_t)(n - 1),
	        .type = (uint8_t)info->type,
	        .executable = info->executable,
	};
	err = sort_add(b->sort, &e, escaped + 1, etag, etag_len);
	if (err)
		return err;
	b->count++;
	b->text_len += n - 1 + etag_len + (etag_len ? 1 : 0);
	return 0;
}

/* -- Writing -- */

/* Bytes on their way to a place in the file. */
struct out {
	int fd;
	uint64_t at;
	size_t len;
	char *buffer; /* of WRITE_BUFFER */
};

static int out_flush(struct out *o)
{
	int err = o->len ? temp_write(o->fd, o->buffer, o->len, o->at) : 0;

	o->at += o->len;
	o->len = 0;
	return err;
}

static int out_add(struct out *o, const void *data, size_t len)
{
	int err = len > WRITE_BUFFER - o->len ? out_flush(o) : 0;

	if (err)
		return err;
	memcpy(o->buffer + o->len, data, len);
	o->len += len;
	return 0;
}

/* The last name that was written, by which the next is seen to be another one. */
struct last {
	size_t len;
	char name[KEY_NAME_MAX];
};

/* One entry and its text; its offsets count from the start of the text. */
static int write_record(
        struct out *entries, struct out *text, uint64_t start, const struct sort_record *r)
{
	struct listing_entry e = r->e;
	int err;

	e.name = (uint32_t)(text->at + text->len - start);
	err = out_add(text, r->text, e.name_len);
	if (!err && r->etag_len) {
		e.etag = (uint32_t)(text->at + text->len - start);
		err = out_add(text, r->text + e.name_len, r->etag_len);
		if (!err)
			err = out_add(text, "", 1);
	}
	return err ? err : out_add(entries, &e, sizeof e);
}

/* All of them, a name once; h->count is how many were written. */
static int write_records(
        struct listing_build *b, struct out *entries, struct out *text, struct listing_header *h)
{
	const struct sort_record *r = NULL;
	uint64_t start = text->at;
	struct last last = {0};
	int err = out_add(text, b->rel, strlen(b->rel) + 1);

	if (!err)
		err = sort_begin(b->sort);
	while (!err && (err = sort_next(b->sort, &r)) == 0 && r) {
		if (h->count &&
		        sort_compare_names(last.name, last.len, r->text, r->e.name_len) == 0)
			continue;
		last.len = r->e.name_len;
		memcpy(last.name, r->text, last.len);
		err = write_record(entries, text, start, r);
		h->count++;
	}
	/* Readers rely on a NUL at the very end. */
	if (!err)
		err = out_add(text, "", 1);
	if (!err)
		err = out_flush(entries);
	return err ? err : out_flush(text);
}

/* Names that came twice left room before the text, which begins right behind the entries. */
static int close_gap(int fd, uint64_t from, uint64_t to, uint64_t len, char *buffer)
{
	if (from == to)
		return 0;
	while (len) {
		ssize_t n = pread(
		        fd, buffer, len < WRITE_BUFFER ? (size_t)len : WRITE_BUFFER, (off_t)from);
		int err = n > 0 ? temp_write(fd, buffer, (size_t)n, to) : -EIO;

		if (err)
			return err;
		from += (uint64_t)n;
		to += (uint64_t)n;
		len -= (uint64_t)n;
	}
	return ftruncate(fd, (off_t)to) == 0 ? 0 : -errno;
}

static int write_file(struct listing_build *b, int fd, struct listing_header *h)
{
	uint64_t start = sizeof *h + b->count * sizeof(struct listing_entry);
	struct out entries = {.fd = fd, .at = sizeof *h, .buffer = malloc(WRITE_BUFFER)};
	struct out text = {.fd = fd, .at = start, .buffer = malloc(WRITE_BUFFER)};
	int err = -ENOMEM;

	if (entries.buffer && text.buffer)
		err = write_records(b, &entries, &text, h);
	h->text = entries.at;
	h->length = h->text + text.at - start;
	if (!err)
		err = close_gap(fd, start, h->text, text.at - start, text.buffer);
	free(entries.buffer);
	free(text.buffer);
	return err ? err : temp_write(fd, (const char *)h, sizeof *h, 0);
}

struct writing {
	struct listing_build *build;
	struct listing_header head;
};

static int write_and_compare(void *arg, int fd)
{
	struct writing *w = arg;
	struct listing_build *b = w->build;
	int err = write_file(b, fd, &w->head);

	if (err)
		return err;
	if (listing_renew(b->layout, b->rel, fd, &w->head))
		return REPLACE_NOT;
	listing_drop(b->layout, b->rel);
	listing_unused(fd);
	return 0;
}

int listing_build_write(struct listing_build *b, uint64_t expiry)
{
	const struct layout *l = b->layout;
	struct writing w = {
	        .build = b,
	        .head =
	                {
	                        .magic = LISTING_MAGIC,
	                        .expiry = expiry,
	                        .rel_hash = hash64(HASH_OBJECT, b->rel, strlen(b->rel)),
	                        .rel_len = (uint32_t)strlen(b->rel),
	                        .dev = b->dev,
	                        .ino = identity_ino(b->rel, strlen(b->rel), ""),
	                        .fetched = layout_now(l) / 1000,
	                        .boot = boot_instant(),
	                },
	};
	int err = replace_file(AT_FDCWD, b->path, b->temp, l->runtime_mode, write_and_compare, &w);

	return err == REPLACE_NOT ? 0 : err;
}
