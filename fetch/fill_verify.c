/*
 * Whether the bytes that came are those that the store has: their checksum is compared with the
 * store's before anybody gets them.
 *
 * It comes with the first answer; or, of a store whose answers to ranges have none of the whole
 * (ops->sums_by_head), a HEAD asks for it while the ranges arrive, and a second one for the size of
 * the parts of which a composite one is made. Until it is known, all CRCs are computed.
 *
 * A store that gives a checksum of each range (ops->sums_up_to) is taken at its word too: together
 * they are one of the whole.
 */
#include "fetch/fill_parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DAMAGES_MAX 1 /* further downloads of what came damaged */

static const struct transfer_handler question;

/* Nothing of it is to be asked any more. */
static void settle(struct fill *f)
{
	if (f->info.sum.parts && !f->info.sum.part)
		f->info.sum = (struct checksum){0};
	digest_choose(&f->digest, f->info.sum.kind);
}

/* Without an answer it is as if the store had no checksum. */
static void ask(struct fill *f, bool part)
{
	struct store_args args = {.op = STORE_HEAD, .key = f->key, .part = part ? 1 : 0};

	f->asking_part = part;
	f->asking = transfer_start(f->agent->transfers, f->remote, &args, &question, f);
	if (!f->asking)
		settle(f);
}

/* What is made of the MD5 of parts is no checksum that a store promises: it is looked into only
 * where everything is to be. */
static bool is_wanted(const struct fill *f)
{
	const struct checksum *sum = &f->info.sum;

	return !sum->parts || sum->kind != CHECKSUM_MD5 || f->remote->profile->check == CHECK_FULL;
}

/* What is known now may need the size of its parts. */
static void go_on(struct fill *f)
{
	struct checksum *sum = &f->info.sum;

	if (!is_wanted(f))
		*sum = (struct checksum){0};
	if (sum->parts == 1)
		sum->part = f->info.size;
	if (sum->parts && !sum->part && f->remote->ops->sums_by_head)
		ask(f, true);
	else
		settle(f);
}

void fill_expect(struct fill *f, bool whole)
{
	bool partial = !whole && f->remote->ops->sums_by_head;

	if (f->remote->profile->check == CHECK_OFF)
		f->info.sum = (struct checksum){0};
	else if (partial && (f->info.sum.parts || !crc_of(f->info.sum.kind)))
		ask(f, false);
	if (!f->asking)
		go_on(f);
	if (f->sized)
		digest_sized(&f->digest, f->info.size, f->asking);
}

bool fill_wants_digest(const struct fill_part *p)
{
	const struct fill *f = p->fill;

	return f->temp.kept || f->asking || crc_of(f->info.sum.kind) || p->sum.kind;
}

void fill_expect_part(struct fill_part *p, const struct response *r)
{
	p->sum = (struct checksum){0};
	if (!r->has_range || p->fill->remote->profile->check == CHECK_OFF)
		return;
	p->sum = r->part;
	/* What came of an answer that broke off is not in it. */
	digest_flush(&p->fill->digest, &p->stream);
}

/* All parts but the last are as long as the first, or the checksum of them cannot be had. */
static void take_part(struct fill *f, const struct response *r)
{
	struct checksum *sum = &f->info.sum;
	uint64_t part = r->has_range ? r->last - r->first + 1 : r->content_length;
	uint64_t size = f->info.size;

	if (part && part <= size && (size - 1) / part + 1 == sum->parts)
		sum->part = part;
}

static void on_answer(void *arg, const struct transfer_result *result, const struct response *r)
{
	struct fill *f = arg;
	bool same = !result->error && strcmp(r->info.etag, f->info.etag) == 0;

	f->asking = NULL;
	if (f->asking_part) {
		if (same)
			take_part(f, r);
		settle(f);
	} else {
		if (same && r->info.size == f->info.size)
			checksum_offer_sum(&f->info.sum, &r->info.sum);
		go_on(f);
	}
	if (f->state == FILL_CHECKING)
		fill_check(f);
}

static const struct transfer_handler question = {.on_done = on_answer};

void fill_damaged(struct fill *f, const char *message)
{
	/* A bit that turned over on its way will hardly do so again. */
	if (f->damages++ < DAMAGES_MAX) {
		fill_restart(f);
		return;
	}
	snprintf(f->message, sizeof f->message, "%s", message);
	fill_finish(f, -EIO);
}

static void differ(struct fill *f, const struct checksum *is, const struct checksum *sum)
{
	char message[STORE_ERROR_MAX], found[CHECKSUM_TEXT_MAX + 1], wanted[CHECKSUM_TEXT_MAX + 1];

	checksum_text(is, found);
	checksum_text(sum, wanted);
	snprintf(message, sizeof message,
	        "the bytes that came have the checksum %s, and the store says %s: damaged on the "
	        "way "
	        "or at the store; store it anew, or set verify = off to take it as it is",
	        found, wanted);
	fill_damaged(f, message);
}

bool fill_part_is_right(struct fill_part *p)
{
	struct checksum is;

	if (!digest_stream_sum(&p->fill->digest, &p->stream, p->sum.kind, &is))
		return true;
	if (checksum_equal(&is, &p->sum)) {
		p->fill->vouched += p->stream.at - p->stream.from;
		return true;
	}
	differ(p->fill, &is, &p->sum);
	return false;
}

/* 0; -EAGAIN: fill_check is called again; -errno. */
static int compute(struct fill *f, struct checksum *out)
{
	const struct checksum *sum = &f->info.sum;

	if (crc_of(sum->kind) && digest_complete(&f->digest)) {
		if (!sum->parts) {
			*out = digest_sum(&f->digest);
			return 0;
		}
		if (digest_composite(&f->digest, sum->part, out))
			return 0;
	}
	return fill_followed(f, out);
}

void fill_check(struct fill *f)
{
	const struct checksum *sum = &f->info.sum;
	struct checksum is;
	int err;

	f->state = FILL_CHECKING;
	if (f->asking)
		return;
	if (!sum->kind || !f->info.size) {
		/* Ranges that each had theirs have that of the whole. */
		if (f->vouched && f->vouched == f->info.size && digest_complete(&f->digest)) {
			is = digest_sum(&f->digest);
			checksum_text(&is, f->checksum_text);
		}
		fill_complete(f);
		return;
	}
	err = compute(f, &is);
	if (err == -EAGAIN)
		return;
	if (err) {
		snprintf(f->message, sizeof f->message, "its checksum cannot be computed");
		fill_finish(f, err);
		return;
	}
	if (checksum_equal(&is, sum)) {
		checksum_text(sum, f->checksum_text);
		fill_complete(f);
	} else {
		differ(f, &is, sum);
	}
}
