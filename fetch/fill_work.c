/* What a fill leaves to libuv's workers: checking what has come, and copying from a folder. */
#include "fetch/disk.h"
#include "fetch/fill_parts.h"
#include "fetch/replay.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define COPY_RESTARTS 5 /* of an object that changes while it is copied */

/* What passed by has been digested on its way. The bytes are read once more where some did not, and
 * in a folder's copy. */
static int make_digest(struct fill *f)
{
	int err = 0;

	if (!f->temp.kept)
		return 0;
	if (!digest_complete(&f->digest))
		err = digest_file(&f->digest, f->temp.fd, f->info.size, NULL, NULL);
	if (!err)
		digest_text(&f->digest, f->digest_text);
	return err;
}

/* From the disk itself, as far as the kernel lets go of what it remembers. 0; -EBADMSG; -errno. */
static int read_back(struct fill *f)
{
	struct digest again;
	int err = fdatasync(f->temp.fd) == 0 ? 0 : -errno;

	digest_begin(&again, f->digest.kind);
	if (!err)
		posix_fadvise(f->temp.fd, 0, 0, POSIX_FADV_DONTNEED);
	if (!err)
		err = digest_file(&again, f->temp.fd, f->info.size, NULL, NULL);
	if (err)
		return err;
	return digest_same(&again, &f->digest) ? 0 : -EBADMSG;
}

static bool reads_back(const struct fill *f)
{
	return f->temp.kept && f->remote->profile->check == CHECK_FULL;
}

/* On a network file system, before anybody relies on it. */
static void store(struct fill *f)
{
	if (f->work_error || !f->temp.kept || !f->agent->layout.network)
		return;
	f->work_error = temp_store(&f->temp);
	f->unstored = f->work_error != 0;
}

static void check_work(uv_work_t *work)
{
	struct fill *f = work->data;

	f->work_error = make_digest(f);
	if (!f->work_error && reads_back(f))
		f->work_error = read_back(f);
	store(f);
}

/* Back on the loop, whatever the work was. */
static void after_work(uv_work_t *work, int status)
{
	struct fill *f = work->data;

	f->working = false;
	if (f->cancelled) {
		fill_cancel(f);
		return;
	}
	if (status < 0)
		f->work_error = -EINTR;
	if (f->unstored && f->state == FILL_CHECKING) {
		f->unstored = false;
		fill_unkeep(f, f->work_error);
		fill_restart(f);
		return;
	}
	if (f->work_error == -EBADMSG)
		fill_damaged(f, "what was read back from the cache's disk is not what was written; "
		                "see the kernel's log for what the disk says (verify = full)");
	else
		fill_finish(f, f->work_error);
}

static void start_work(struct fill *f, uv_work_cb work)
{
	f->work.data = f;
	f->working = true;
	if (uv_queue_work(f->agent->loop, &f->work, work, after_work) != 0) {
		f->working = false;
		fill_fail_later(f, -ENOMEM);
	}
}

void fill_complete(struct fill *f)
{
	bool incomplete = f->temp.kept && !digest_complete(&f->digest);

	if (incomplete || reads_back(f) || (f->temp.kept && f->agent->layout.network)) {
		start_work(f, check_work);
	} else {
		make_digest(f);
		fill_finish(f, 0);
	}
}

/* On a worker: what is there, how large, and whether it is new. */
static void look_work(uv_work_t *work)
{
	struct fill *f = work->data;
	bool is_dir = false;
	int64_t now = layout_now(&f->agent->layout);
	int err = f->remote->ops->stat(f->remote->store, f->key, &f->info, &is_dir, f->message);

	if (!err && is_dir)
		err = -EISDIR;
	if (!err && f->want && !replay_same(f->want, f->info.etag, f->info.size, f->info.mtime))
		err = -ESTALE;
	f->unchanged = !err && f->known_etag[0] && strcmp(f->known_etag, f->info.etag) == 0;
	f->confirmed = now;
	f->work_error = err;
}

static bool fits_cache(const struct fill *f)
{
	return f->keep && f->info.size <= f->agent->config->cache.size;
}

/* On a worker. -ERESTART if it must begin anew: it is another one by now, or the cache has no room
 * for it. */
static void copy_work(uv_work_t *work)
{
	struct fill *f = work->data;
	struct object_info seen = f->info;
	int64_t now = layout_now(&f->agent->layout);
	int err = temp_create(&f->temp, &f->agent->layout, f->hash, seen.size, fits_cache(f));

	digest_begin(&f->digest, DIGEST_KIND);
	digest_sized(&f->digest, UINT64_MAX, false); /* nothing has passed by */
	if (!err && f->temp.kept)
		err = temp_reserve(&f->temp, seen.size);
	if (!err)
		err = f->remote->ops->copy(
		        f->remote->store, f->key, f->temp.fd, &f->info, &f->copied, f->message);
	/* What was claimed was its size. */
	if (!err && f->info.size != seen.size)
		err = -ESTALE;
	if (!err && f->want && strcmp(f->info.etag, seen.etag) != 0)
		err = -ESTALE;
	if (!err)
		err = make_digest(f);
	f->confirmed = now;
	f->work_error = err;
	store(f);
}

/* What a disk says that cannot be written. EIO can be the folder's own: then it is so once more. */
static bool is_of_disk(int error)
{
	return error == -ENOSPC || error == -EDQUOT || error == -EROFS || error == -EIO;
}

/* Both halves end here: with a claim, with another attempt, or for good. */
static void after_folder(uv_work_t *work, int status)
{
	struct fill *f = work->data;
	bool looked = f->state == FILL_FIRST, unwanted = looked && f->want;
	bool again = f->work_error == -ESTALE && !unwanted;

	if (f->cancelled || status < 0) {
		after_work(work, status);
		return;
	}
	if (f->temp.why)
		fill_unkeep(f, f->temp.why);
	if (f->temp.kept && (f->unstored || is_of_disk(f->work_error))) {
		if (f->work_error == -EIO && !f->unstored)
			f->keep = false;
		else
			fill_unkeep(f, f->work_error);
		f->unstored = false;
		again = true;
	}
	if (again && f->restarts++ < COPY_RESTARTS) {
		f->working = false;
		f->state = FILL_FIRST;
		space_cancel(f->agent->space, &f->claim);
		fill_flush_end(f);
		disk_release(f->agent, &f->temp);
		fill_copy(f);
		return;
	}
	if (looked && !f->work_error && !f->unchanged) {
		f->working = false;
		f->sized = true;
		f->state = FILL_PARTS;
		if (fits_cache(f))
			space_claim(f->agent->space, &f->claim, f->info.size);
		else
			space_claim_none(f->agent->space, &f->claim);
		if (f->claim.granted)
			fill_copy(f);
		return;
	}
	if (f->work_error == -ESTALE && !f->want)
		f->work_error = -EIO;
	f->unreachable = f->work_error && f->work_error != -ENOENT && f->work_error != -EACCES &&
	                 f->work_error != -EISDIR && f->work_error != -ESTALE;
	after_work(work, status);
}

void fill_copy(struct fill *f)
{
	f->job.work.data = f;
	f->working = true;
	if (crew_run(&f->remote->crew, f->agent->loop, &f->job,
	            f->state == FILL_FIRST ? look_work : copy_work, after_folder) != 0) {
		f->working = false;
		fill_fail_later(f, -ENOMEM);
	}
}

bool fill_waits_for_crew(const struct fill *f)
{
	return f->working && f->job.crew && crew_waits(&f->job);
}

void fill_give_up(struct fill *f, const char *message)
{
	struct fill_result r = {
	        .error = -EIO, .unreachable = true, .temp = &f->temp, .message = message};

	f->working = !crew_give_up(&f->job);
	remote_failed(f->remote, false, f->since, message);
	f->done_cb(f->arg, &r);
	fill_cancel(f);
}
