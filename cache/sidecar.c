#include "cache/sidecar.h"
#include "cache/beneath.h"
#include "cache/read/hash.h"
#include "cache/replace.h"
#include "cache/temp.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEAD     "larder-meta 1\n"
#define CHECKSUM "checksum"
#define TAIL     "end "

#define NUMBERS_MAX 80 /* bytes of a line of them */

size_t sidecar_seal(char text[static SIDECAR_MAX], size_t len)
{
	char hex[HASH_HEX_LEN + 1];

	if (len + strlen(TAIL) + HASH_HEX_LEN + 2 > SIDECAR_MAX)
		return 0;
	hash_hex(hash64(HASH_OBJECT, text, len), hex);
	return len + (size_t)snprintf(text + len, SIDECAR_MAX - len, TAIL "%s\n", hex);
}

size_t sidecar_format(const struct sidecar *s, char out[static SIDECAR_MAX])
{
	int n = snprintf(out, SIDECAR_MAX,
	        HEAD "file %" PRIu64 " %" PRId64 " %" PRIu64 "\nvalidated %" PRId64 "\nid %" PRIu32
	             " %" PRIu64 "\netag %s\ndigest %s\n",
	        s->size, s->mtime, s->file_ino, s->meta.validated, s->meta.dev, s->meta.ino,
	        s->meta.etag, s->meta.digest);

	if (s->meta.checksum[0])
		n += snprintf(
		        out + n, (size_t)(SIDECAR_MAX - n), CHECKSUM " %s\n", s->meta.checksum);
	return sidecar_seal(out, (size_t)n);
}

/* One line "<name> <text>" of printable characters; *at goes behind it. */
static int take_text(const char **at, const char *name, char *out, size_t size)
{
	size_t skip = strlen(name), len;

	if (strncmp(*at, name, skip) != 0 || (*at)[skip] != ' ')
		return -EBADMSG;
	*at += skip + 1;
	len = strcspn(*at, "\n");
	if (!(*at)[len] || len >= size)
		return -EBADMSG;
	for (size_t i = 0; i < len; i++) {
		if (!isprint((unsigned char)(*at)[i]))
			return -EBADMSG;
	}
	memcpy(out, *at, len);
	out[len] = 0;
	*at += len + 1;
	return 0;
}

/* One line "<name> <number>…" of n decimal numbers, with a single space before each. */
static int take_numbers(const char **at, const char *name, uint64_t *out, int n)
{
	char line[NUMBERS_MAX], *p = line;
	int err = take_text(at, name, line, sizeof line);

	for (int i = 0; i < n && !err; i++) {
		char *digits = p + (*p == '-'), *end;

		errno = 0;
		out[i] = strtoull(digits, &end, 10);
		if (!isdigit((unsigned char)*digits) || errno || *end != (i + 1 < n ? ' ' : 0))
			err = -EBADMSG;
		if (*p == '-')
			out[i] = -out[i];
		p = end + 1;
	}
	return err;
}

/* The last line has the hash of all before it: torn and damaged ones are known. */
static int check_tail(const char *text, size_t len)
{
	size_t tail = strlen(TAIL) + HASH_HEX_LEN + 1;
	char hex[HASH_HEX_LEN + 1];
	const char *end;

	if (len < tail || text[len - 1] != '\n')
		return -EBADMSG;
	end = text + len - tail;
	hash_hex(hash64(HASH_OBJECT, text, len - tail), hex);
	return strncmp(end, TAIL, strlen(TAIL)) == 0 &&
	                       strncmp(end + strlen(TAIL), hex, HASH_HEX_LEN) == 0
	               ? 0
	               : -EBADMSG;
}

int sidecar_parse(const char *text, size_t len, struct sidecar *out)
{
	char copy[SIDECAR_MAX + 1];
	const char *at = copy + strlen(HEAD);
	uint64_t file[3] = {0}, validated = 0, id[2] = {0};
	int err;

	if (len > SIDECAR_MAX || len < strlen(HEAD) || memchr(text, 0, len) ||
	        memcmp(text, HEAD, strlen(HEAD)) != 0)
		return -EBADMSG;
	memcpy(copy, text, len);
	copy[len] = 0;
	memset(out, 0, sizeof *out);
	err = check_tail(copy, len);
	if (!err)
		err = take_numbers(&at, "file", file, 3);
	if (!err)
		err = take_numbers(&at, "validated", &validated, 1);
	if (!err)
		err = take_numbers(&at, "id", id, 2);
	if (!err)
		err = take_text(&at, "etag", out->meta.etag, sizeof out->meta.etag);
	if (!err)
		err = take_text(&at, "digest", out->meta.digest, sizeof out->meta.digest);
	if (!err && strncmp(at, CHECKSUM, strlen(CHECKSUM)) == 0)
		err = take_text(&at, CHECKSUM, out->meta.checksum, sizeof out->meta.checksum);
	if (err || strncmp(at, TAIL, strlen(TAIL)) != 0)
		return -EBADMSG;
	out->size = file[0];
	out->mtime = (int64_t)file[1];
	out->file_ino = file[2];
	out->meta.validated = (int64_t)validated;
	out->meta.dev = (uint32_t)id[0];
	out->meta.ino = id[1];
	return 0;
}

static void make_path(const char *rel, char out[static 64])
{
	char hex[HASH_HEX_LEN + 1];

	hash_hex(hash64(HASH_OBJECT, rel, strlen(rel)), hex);
	snprintf(out, 64, "meta/%.2s/%s", hex, hex + 2);
}

/* Some FUSE file systems number their files anew at each mount. */
static uint64_t ino_of(const struct layout *l, const struct stat *st)
{
	return l->medium && strcmp(l->medium, "fuse") == 0 ? 0 : (uint64_t)st->st_ino;
}

bool sidecar_read(const struct layout *l, const char *rel, const struct stat *st, struct meta *m)
{
	char path[64], text[SIDECAR_MAX + 1];
	struct sidecar s;
	struct stat own;
	ssize_t n = -1;
	int fd;

	make_path(rel, path);
	fd = beneath_open(l, path, O_RDONLY, 0);
	if (fd < 0)
		return false;
	if (fstat(fd, &own) == 0 && S_ISREG(own.st_mode))
		n = read(fd, text, sizeof text);
	close(fd);
	if (n <= 0 || sidecar_parse(text, (size_t)n, &s) || s.size != (uint64_t)st->st_size ||
	        s.mtime != st->st_mtim.tv_sec || s.file_ino != ino_of(l, st))
		return false;
	if (s.meta.validated > m->validated)
		m->validated = s.meta.validated;
	if (!m->ino) {
		m->ino = s.meta.ino;
		m->dev = s.meta.dev;
	}
	if (!m->etag[0])
		memcpy(m->etag, s.meta.etag, sizeof m->etag);
	if (!m->digest[0])
		memcpy(m->digest, s.meta.digest, sizeof m->digest);
	if (!m->checksum[0])
		memcpy(m->checksum, s.meta.checksum, sizeof m->checksum);
	return true;
}

static int write_text(void *arg, int fd)
{
	const struct sidecar *s = arg;
	char text[SIDECAR_MAX];

	return temp_write(fd, text, sidecar_format(s, text), 0);
}

int sidecar_write(
        const struct layout *l, const char *rel, const struct stat *st, const struct meta *m)
{
	static atomic_uint serial;
	struct sidecar s = {.size = (uint64_t)st->st_size,
	        .mtime = st->st_mtim.tv_sec,
	        .file_ino = ino_of(l, st),
	        .meta = *m};
	char path[64], temp[64];
	const char *name;
	int dir, err;

	make_path(rel, path);
	snprintf(temp, sizeof temp, ".%s.%u", l->id, ++serial);
	dir = beneath_make_parent(l, path, &name);
	if (dir < 0)
		return dir;
	err = replace_file(dir, name, temp, l->file_mode, write_text, &s);
	close(dir);
	return err;
}

void sidecar_meta(
        const struct layout *l, const char *rel, int fd, const struct stat *st, struct meta *m)
{
	meta_read(fd, m);
	if (!l->xattrs || layout_now(l) / 1000 - m->validated >= SIDECAR_PERIOD_S)
		sidecar_read(l, rel, st, m);
}

void sidecar_validated(const struct layout *l, const char *rel, int fd, const struct stat *st,
        const struct meta *m, int64_t now)
{
	struct meta new = *m;

	new.validated = now;
	if ((!l->xattrs || meta_validated(fd, now) != 0) && l->writable &&
	        now - m->validated >= SIDECAR_PERIOD_S)
		sidecar_write(l, rel, st, &new);
}

void sidecar_remove(const struct layout *l, const char *rel)
{
	char path[64];
	const char *name;
	int dir;

	make_path(rel, path);
	dir = beneath_parent(l, path, &name);
	if (dir < 0)
		return;
	unlinkat(dir, name, 0);
	close(dir);
}
