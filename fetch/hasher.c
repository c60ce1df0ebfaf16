#include "fetch/hasher.h"
#include "fetch/crc.h"

#include <errno.h>

static const EVP_MD *algorithm(enum checksum_kind kind)
{
	return kind == CHECKSUM_MD5 ? EVP_md5() : kind == CHECKSUM_SHA1 ? EVP_sha1() : EVP_sha256();
}

static int one_restart(struct hasher_one *o)
{
	o->crc = 0;
	return !o->md || EVP_DigestInit_ex(o->md, algorithm(o->kind), NULL) ? 0 : -EOPNOTSUPP;
}

static int one_begin(struct hasher_one *o, enum checksum_kind kind)
{
	o->kind = kind;
	o->md = crc_of(kind) ? NULL : EVP_MD_CTX_new();
	return crc_of(kind) || o->md ? one_restart(o) : -ENOMEM;
}

static int one_feed(struct hasher_one *o, const void *data, size_t n)
{
	if (o->md)
		return EVP_DigestUpdate(o->md, data, n) ? 0 : -EIO;
	o->crc = crc_feed(crc_of(o->kind), o->crc, data, n);
	return 0;
}

static int one_end(struct hasher_one *o, struct checksum *out)
{
	unsigned char value[EVP_MAX_MD_SIZE];

	*out = (struct checksum){0};
	if (!o->md)
		*out = crc_checksum(o->kind, o->crc);
	else if (!EVP_DigestFinal_ex(o->md, value, NULL))
		return -EIO;
	else
		checksum_offer(out, o->kind, value);
	return 0;
}

int hasher_begin(struct hasher *h, enum checksum_kind kind, uint64_t part)
{
	int err;

	*h = (struct hasher){.part = part};
	err = one_begin(&h->whole, kind);
	if (!err && part)
		err = one_begin(&h->piece, kind);
	if (err)
		hasher_end(h, NULL);
	return err;
}

/* A part is whole: its checksum goes on to that of the parts. */
static int end_part(struct hasher *h)
{
	struct checksum sum;
	int err = one_end(&h->piece, &sum);

	if (!err)
		err = one_feed(&h->whole, sum.value, checksum_size(sum.kind));
	h->parts++;
	return err ? err : one_restart(&h->piece);
}

int hasher_feed(struct hasher *h, const void *data, size_t n)
{
	const unsigned char *p = data;
	int err = 0;

	if (!h->part)
		return one_feed(&h->whole, data, n);
	while (n && !err) {
		uint64_t room = h->part - h->at % h->part;
		size_t take = n < room ? n : (size_t)room;

		err = one_feed(&h->piece, p, take);
		h->at += take;
		p += take;
		n -= take;
		if (!err && take == room)
			err = end_part(h);
	}
	return err;
}

int hasher_end(struct hasher *h, struct checksum *out)
{
	int err = 0;

	if (out && h->part && h->at % h->part)
		err = end_part(h);
	if (out && !err)
		err = one_end(&h->whole, out);
	if (out) {
		out->parts = h->parts;
		out->part = h->part;
	}
	EVP_MD_CTX_free(h->whole.md);
	EVP_MD_CTX_free(h->piece.md);
	*h = (struct hasher){0};
	return err;
}
