#include "fetch/digest.h"
#include "cache/read/hash.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TAG_SIZE  16
#define READ_SIZE (256 << 10) /* stays in the processor's cache */

/* Any will do; this one is a part of the format. */
static const unsigned char key[32] = "larder: damage, and not forgery";

static EVP_MAC *poly1305;

static void fetch_mac(void)
{
	poly1305 = EVP_MAC_fetch(NULL, "POLY1305", NULL);
}

static bool start_block(struct digest_stream *s)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, fetch_mac);
	if (!s->mac && poly1305)
		s->mac = EVP_MAC_CTX_new(poly1305);
	s->filled = 0;
	return s->mac && EVP_MAC_init(s->mac, key, sizeof key, NULL);
}

static void end_block(struct digest *d, struct digest_stream *s)
{
	struct {
		unsigned char tag[TAG_SIZE];
		unsigned char number[8];
	} seal;
	uint64_t number = (s->at - s->filled) / d->block;
	size_t len;

	if (!EVP_MAC_final(s->mac, seal.tag, &len, sizeof seal.tag)) {
		d->broken = true;
		return;
	}
	for (size_t i = 0; i < sizeof seal.number; i++)
		seal.number[i] = (unsigned char)(number >> (8 * i));
	d->value ^= hash64(HASH_BLOCK, &seal, sizeof seal);
	d->covered += s->filled;
	s->filled = 0;
}

void digest_begin(struct digest *d, uint64_t block)
{
	*d = (struct digest){.block = block};
}

void digest_feed(struct digest *d, struct digest_stream *s, uint64_t at, const void *data, size_t n)
{
	const unsigned char *p = data;

	if (s->at != at)
		s->filled = 0;
	s->at = at;
	while (n && !d->broken) {
		uint64_t room = d->block - s->at % d->block;
		size_t take = n < room ? n : (size_t)room;

		if (s->filled == 0 && (s->at % d->block || !start_block(s)))
			d->broken = true;
		else if (!EVP_MAC_update(s->mac, p, take))
			d->broken = true;
		p += take;
		n -= take;
		s->at += take;
		s->filled += take;
		if (take == room && !d->broken)
			end_block(d, s);
	}
}

void digest_flush(struct digest *d, struct digest_stream *s)
{
	if (s->filled && !d->broken)
		end_block(d, s);
}

void digest_stream_release(struct digest_stream *s)
{
	EVP_MAC_CTX_free(s->mac);
	*s = (struct digest_stream){0};
}

bool digest_complete(const struct digest *d, uint64_t size)
{
	return !d->broken && d->covered == size;
}

int digest_file(struct digest *d, int fd, uint64_t size, digest_tick *tick, void *arg)
{
	unsigned char *buf = malloc(READ_SIZE);
	struct digest_stream s = {0};
	uint64_t at = 0;
	int err = buf ? 0 : -ENOMEM;

	digest_begin(d, d->block);
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
			tick(arg, (size_t)n);
	}
	if (!err)
		digest_flush(d, &s);
	digest_stream_release(&s);
	free(buf);
	return err ? err : d->broken ? -EOPNOTSUPP : 0;
}

void digest_text(const struct digest *d, uint64_t size, char out[static META_DIGEST_MAX + 1])
{
	snprintf(out, META_DIGEST_MAX + 1, "poly1305:%" PRIu64 ":%" PRIu64 ":%016" PRIx64, d->block,
	        size, d->value);
}

/* What digest_text would write, and nothing else: then no two texts mean the same. */
int digest_parse(const char *text, struct digest *d, uint64_t *size)
{
	static const char head[] = "poly1305:";
	char again[META_DIGEST_MAX + 1], *end;

	*d = (struct digest){0};
	if (strncmp(text, head, sizeof head - 1) != 0)
		return -EINVAL;
	d->block = strtoull(text + sizeof head - 1, &end, 10);
	*size = strtoull(end + (*end == ':'), &end, 10);
	d->value = strtoull(end + (*end == ':'), &end, 16);
	if (d->block < DIGEST_BLOCK_MIN || d->block > DIGEST_BLOCK_MAX)
		return -EINVAL;
	digest_text(d, *size, again);
	return strcmp(again, text) == 0 ? 0 : -EINVAL;
}
