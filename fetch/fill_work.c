/* What a fill leaves to libuv's workers: comparing the digest, and copying from a folder. */
#include "fetch/fill_parts.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define READ_SIZE (128 << 10)

/* On a worker. 0; -EBADMSG if the bytes are not the object's; -errno. */
static int compare_md5(int fd, uint64_t size, const uint8_t expected[16])
{
	unsigned char buf[READ_SIZE], digest[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned len = 0;
	uint64_t at = 0;
	int err = ctx && EVP_DigestInit_ex(ctx, EVP_md5(), NULL) ? 0 : -ENOMEM;

	while (!err && at < size) {
		ssize_t n = pread(fd, buf, sizeof buf, (off_t)at);

		if (n <= 0 || !EVP_DigestUpdate(ctx, buf, (size_t)n))
			err = -EIO;
		else
			at += (uint64_t)n;
	}
	if (!err && (!EVP_DigestFinal_ex(ctx, digest, &len) || len != 16 ||
	                    memcmp(digest, expected, 16) != 0))
		err = -EBADMSG;
	EVP_MD_CTX_free(ctx);
	return err;
}

static void check_work(uv_work_t *work)
{
	struct fill *f = work->data;

	f->work_error = compare_md5(f->temp.fd, f->info.size, f->info.md5);
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
	if (f->work_error == -EBADMSG)
		snprintf(f->message, sizeof f->message,
		        "the bytes that arrived do not have the MD5 of its ETag; they were damaged "
		        "on the way");
	fill_finish(f, f->work_error == -EBADMSG ? -EIO : f->work_error);
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

void fill_check(struct fill *f)
{
	f->state = FILL_CHECKING;
	if (f->info.has_md5 && f->info.size)
		start_work(f, check_work);
	else
		fill_finish(f, 0);
}

/* On a worker: asks for the size first, so that an object larger than the cache gets no name. */
static void copy_work(uv_work_t *work)
{
	struct fill *f = work->data;
	const struct store_ops *ops = f->remote->ops;
	struct store *store = f->remote->store;
	bool is_dir = false;
	int err = ops->stat(store, f->key, &f->info, &is_dir, f->message);

	if (!err && is_dir)
		err = -EISDIR;
	if (!err && f->known_etag[0] && strcmp(f->known_etag, f->info.etag) == 0) {
		f->unchanged = true;
		f->work_error = 0;
		return;
	}
	if (!err)
		err = temp_create(&f->temp, &f->agent->layout, f->hash, f->info.size,
		        f->keep && f->info.size <= f->agent->config->cache.size);
	if (!err)
		err = ops->copy(store, f->key, f->temp.fd, &f->info, &f->copied, f->message);
	f->work_error = err;
}

static void after_copy(uv_work_t *work, int status)
{
	struct fill *f = work->data;

	if (f->work_error == -ESTALE && !f->cancelled && f->restarts++ < 3 && status == 0) {
		temp_release(&f->temp);
		if (uv_queue_work(f->agent->loop, &f->work, copy_work, after_copy) == 0)
			return;
	}
	if (f->work_error == -ESTALE)
		f->work_error = -EIO;
	f->sized = true;
	f->unreachable = f->work_error && f->work_error != -ENOENT && f->work_error != -EACCES &&
	                 f->work_error != -EISDIR;
	space_claim(f->agent->space, &f->claim, f->temp.kept && !f->work_error ? f->info.size : 0);
	after_work(work, status);
}

void fill_copy(struct fill *f)
{
	f->work.data = f;
	f->working = true;
	if (uv_queue_work(f->agent->loop, &f->work, copy_work, after_copy) != 0) {
		f->working = false;
		fill_fail_later(f, -ENOMEM);
	}
}
