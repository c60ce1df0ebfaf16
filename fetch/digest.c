#include "fetch/digest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_SIZE (256 << 10) /* stays in the processor's cache */
#define FIRST     CHECKSUM_CRC32

_Static_assert(CHECKSUM_KINDS_N - FIRST == DIGEST_CRCS, "the CRCs are the last kinds");

void digest_begin(struct digest *d, enum checksum_kind kind)
{
	*d = (struct digest){.kind = kind};
}

void digest_end(struct digest *d)
{
	free(d->cuts);
	d->cuts = NULL;
}

void digest_sized(struct digest *d, uint64_t size, bool cut)
{
	uint64_t n = size / DIGEST_CUT + 1;

	d->size = size;
	if (cut && !d->cuts && !d->covered && n <= DIGEST_CUTS_MAX)
		d->cuts = calloc(n, sizeof *d->cuts);
}

void digest_choose(struct digest *d, enum checksum_kind kind)
{
	d->kind = crc_of(kind) ? kind : DIGEST_KIND;
}

static bool wants(const struct digest *d, unsigned i)
{
	return d->kind == DIGEST_ALL || d->kind == FIRST + i;
}

/* Its bytes become a part of the whole, and of the piece that they end in. */
void digest_flush(struct digest *d, struct digest_stream *s)
{
	uint64_t piece, end;

	if (s->at == s->from)
		return;
	piece = (s->at - 1) / DIGEST_CUT;
	end = (piece + 1) * DIGEST_CUT;
	for (unsigned i = 0; i < DIGEST_CRCS; i++) {
		const struct crc *c = crc_of(FIRST + i);

		if (!wants(d, i))
			continue;
		d->value[i] ^= crc_shift(c, s->value[i], d->size - s->at);
		if (d->cuts)
			d->cuts[piece][i] ^=
			        crc_shift(c, s->value[i], (end < d->size ? end : d->size) - s->at);
	}
	d->covered += s->at - s->from;
	s->from = s->at;
	memset(s->value, 0, sizeof s->value);
}

void digest_feed(struct digest *d, struct digest_stream *s, uint64_t at, const void *data, size_t n)
{
	const unsigned char *p = data;

	if (s->at != at)
		*s = (struct digest_stream){.from = at, .at = at};
	while (n) {
		uint64_t room = d->cuts ? DIGEST_CUT - s->at % DIGEST_CUT : n;
		size_t take = n < room ? n : (size_t)room;

		for (unsigned i = 0; i < DIGEST_CRCS; i++)
			if (wants(d, i))
				s->value[i] = crc_feed(crc_of(FIRST + i), s->value[i], p, take);
		s->at += take;
		if (d->cuts && take == room)
			digest_flush(d, s);
		p += take;
		n -= take;
	}
}

bool digest_stream_sum(const struct digest *d, const struct digest_stream *s,
        enum checksum_kind kind, struct checksum *out)
{
	if (!crc_of(kind) || !wants(d, kind - FIRST) || d->cuts)
		return false;
	*out = crc_checksum(kind, s->value[kind - FIRST]);
	return true;
}

bool digest_complete(const struct digest *d)
{
	return d->covered == d->size;
}

struct checksum digest_sum(const struct digest *d)
{
	return crc_checksum(d->kind, d->value[d->kind - FIRST]);
}

bool digest_same(const struct digest *a, const struct digest *b)
{
	return a->kind == b->kind && a->size == b->size &&
	       a->value[a->kind - FIRST] == b->value[b->kind - FIRST];
}

bool digest_composite(const struct digest *d, uint64_t part, struct checksum *out)
{
	const struct crc *c = crc_of(d->kind);
	uint64_t whole = 0, value = 0;

	if (!d->cuts || !part || part % DIGEST_CUT || !digest_complete(d))
		return false;
	for (uint64_t at = 0, end; at < d->size; at = end) {
		end = at + DIGEST_CUT < d->size ? at + DIGEST_CUT : d->size;
		value = crc_shift(c, value, end - at) ^ d->cuts[at / DIGEST_CUT][d->kind - FIRST];
		if (end % part == 0 || end == d->size) {
			struct checksum sum = crc_checksum(d->kind, value);

			whole = crc_feed(c, whole, sum.value, checksum_size(d->kind));
			value = 0;
		}
	}
	*out = crc_checksum(d->kind, whole);
	out->parts = (unsigned)((d->size + part - 1) / part);
	out->part = part;
	return true;
}

int digest_file(struct digest *d, int fd, uint64_t size, digest_tick *tick, void *arg)
{
	unsigned char *buf = malloc(READ_SIZE);
	struct digest_stream s = {0};
	uint64_t at = 0;
	int err = buf ? 0 : -ENOMEM;

	digest_end(d);
	*d = (struct digest){.kind = d->kind, .size = size};
	while (!err && at < size) {
		uint64_t left = size - at;
		ssize_t n = pread(fd, buf, left < READ_SIZE ? (size_t)left : READ_SIZE, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			err = n ? -errno : -ENODATA;
			break;
		}
		digest_feed(d, &s, at, buf, (size_t)n);
		at += (uint64_t)n;
		if (tick)
			tick(arg, buf, (size_t)n);
	}
	digest_flush(d, &s);
	free(buf);
	return err;
}

void digest_text(const struct digest *d, char out[static META_DIGEST_MAX + 1])
{
	snprintf(out, META_DIGEST_MAX + 1, "%s:%" PRIu64 ":%0*" PRIx64, checksum_name(d->kind),
	        d->size, (int)(2 * checksum_size(d->kind)), d->value[d->kind - FIRST]);
}

/* What digest_text would write, and nothing else: then no two texts mean the same. */
int digest_parse(const char *text, struct digest *d)
{
	size_t len = strcspn(text, ":");
	char again[META_DIGEST_MAX + 1], *end;

	*d = (struct digest){.kind = checksum_kind_of(text, len)};
	if (!crc_of(d->kind))
		return len && text[len] ? -ENOTSUP : -EINVAL;
	d->size = strtoull(text + len + (text[len] == ':'), &end, 10);
	d->value[d->kind - FIRST] = strtoull(end + (*end == ':'), &end, 16);
	digest_text(d, again);
	return strcmp(again, text) == 0 ? 0 : -EINVAL;
}
