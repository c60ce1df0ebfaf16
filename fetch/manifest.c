/*
 * The index is an array of offsets of lines, sorted by path. In that order '/' comes before every
 * other byte, so that a directory's files stand together right behind its name, and names come in
 * bytewise order ("a" before "a-b", although "a-b" < "a/x" as bytes). Then all questions are one:
 * the first line whose path begins with, or is behind, a prefix.
 *
 * Longer than most: reading, the order and the questions share the one form of a line.
 */
#include "fetch/manifest.h"
#include "fetch/http_head.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define FORM "write PATH<TAB>SIZE[<TAB>MTIME[<TAB>ETAG]]"

struct manifest {
	const char *text; /* the map; NULL if the file is empty */
	size_t len;
	uint32_t *lines; /* offsets of lines in order; MANIFEST_SIZE_MAX fits in 32 bits */
	size_t n;
};

struct line {
	const char *path;
	size_t path_len;
	struct object_info info;
};

bool manifest_path_ok(const char *path, size_t len)
{
	if (!len || len > STORE_KEY_MAX)
		return false;
	const char *end = path + len;
	for (const char *seg = path; seg <= end;) {
		const char *slash = memchr(seg, '/', (size_t)(end - seg));
		size_t n = (size_t)((slash ? slash : end) - seg);
		if (!n || (n == 1 && seg[0] == '.') || (n == 2 && seg[0] == '.' && seg[1] == '.'))
			return false;
		seg += n + 1;
	}
	return !memchr(path, '\0', len);
}

/* The line at an offset, without its end; sets *next behind it. */
static size_t line_at(const struct manifest *m, size_t off, size_t *next)
{
	const char *start = m->text + off;
	const char *newline = memchr(start, '\n', m->len - off);
	size_t len = newline ? (size_t)(newline - start) : m->len - off;

	*next = off + len + (newline != NULL);
	if (len && start[len - 1] == '\r')
		len--;
	return len;
}

/* Cuts the next field off [*p, end); false where none is left. */
static bool next_field(const char **p, const char *end, const char **field, size_t *len)
{
	if (!*p)
		return false;
	const char *tab = memchr(*p, '\t', (size_t)(end - *p));
	*field = *p;
	*len = (size_t)((tab ? tab : end) - *p);
	*p = tab ? tab + 1 : NULL;
	return true;
}

/* [-]DIGITS[.DIGITS], or nothing. */
static bool parse_mtime(const char *s, size_t len, int64_t *out)
{
	uint64_t seconds, fraction;

	if (!len)
		return true;
	bool negative = *s == '-';
	s += negative;
	len -= negative;
	const char *dot = memchr(s, '.', len);
	size_t whole = dot ? (size_t)(dot - s) : len;
	/* Digits beyond the nine of nanoseconds mean nothing, and GNU find prints ten. */
	size_t digits = dot ? len - whole - 1 : 0;
	if (dot && (digits > 18 || !http_parse_size(dot + 1, digits, &fraction)))
		return false;
	if (!http_parse_size(s, whole, &seconds))
		return false;
	*out = negative ? -(int64_t)seconds : (int64_t)seconds;
	return true;
}

/* Parses a line that is not empty and no comment. Returns NULL, or what is wrong and what to do. */
static const char *parse_line(const char *p, size_t len, struct line *out)
{
	const char *end = p + len, *field;
	size_t n;

	out->info = (struct object_info){.mtime = STORE_MTIME_DIR};
	(void)next_field(&p, end, &out->path, &out->path_len);
	if (!manifest_path_ok(out->path, out->path_len))
		return "the path must be relative, of at most 4096 bytes, without NUL and without "
		       "empty, "
		       "'.' or '..' segments; make it relative to the remote";
	if (!next_field(&p, end, &field, &n))
		return "there is no TAB and no size behind the path; " FORM;
	if (!http_parse_size(field, n, &out->info.size))
		return "the size is not a decimal number of bytes; " FORM;
	if (next_field(&p, end, &field, &n) && !parse_mtime(field, n, &out->info.mtime))
		return "the time is not in seconds since 1970; " FORM ", as find prints %T@";
	if (next_field(&p, end, &field, &n) && n && !http_parse_etag(field, n, out->info.etag))
		return "the ETag is not a strong one in double quotes; copy what the server sends, "
		       "or "
		       "leave it out";
	if (p)
		return "there is something behind the ETag; " FORM;
	return NULL;
}

/*
 * Compares the path of a line with a prefix: 0 if the path begins with it, else as the order has
 * them. A path ends at its TAB, which no prefix can match.
 */
static int compare_prefix(const struct manifest *m, size_t i, const char *prefix, size_t len)
{
	const unsigned char *path = (const unsigned char *)m->text + m->lines[i];
	const unsigned char *end = (const unsigned char *)m->text + m->len;

	for (size_t k = 0; k < len; k++, path++) {
		unsigned char want = (unsigned char)prefix[k];
		if (path == end || *path == '\t')
			return -1;
		if (*path == want)
			continue;
		if (*path == '/' || want == '/')
			return *path == '/' ? -1 : 1;
		return *path < want ? -1 : 1;
	}
	return 0;
}

/* The order of two lines; the later line of two with one path comes last, to win. */
static int compare_lines(const void *a, const void *b, void *arg)
{
	const struct manifest *m = arg;
	uint32_t at = *(const uint32_t *)a, bt = *(const uint32_t *)b;
	const unsigned char *p = (const unsigned char *)m->text + at;
	const unsigned char *q = (const unsigned char *)m->text + bt;
	const unsigned char *end = (const unsigned char *)m->text + m->len;

	/* Every line has its TAB; the bound is for a file that somebody changes all the same. */
	while (p < end && q < end && *p == *q && *p != '\t')
		p++, q++;
	if (p == end || q == end || *p == *q)
		return at < bt ? -1 : at > bt;
	if (*p == '\t' || *q == '\t')
		return *p == '\t' ? -1 : 1;
	if (*p == '/' || *q == '/')
		return *p == '/' ? -1 : 1;
	return *p < *q ? -1 : 1;
}

/* The first line from `from` on that begins with the prefix (least 0), or is behind it (1). */
static size_t search(
        const struct manifest *m, size_t from, const char *prefix, size_t len, int least)
{
	size_t low = from, high = m->n, step = 1;

	/* In growing steps first: behind a small directory the next name is near. */
	while (low + step < m->n && compare_prefix(m, low + step, prefix, len) < least) {
		low += step;
		step *= 2;
	}
	if (step < m->n - low)
		high = low + step;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (compare_prefix(m, mid, prefix, len) < least)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static int map_file(struct manifest *m, int fd, char err[static STORE_ERROR_MAX])
{
	struct stat st;

	if (fstat(fd, &st)) {
		int e = errno;
		snprintf(err, STORE_ERROR_MAX,
		        "cannot examine the manifest: %m; check the cache's disk");
		return -e;
	}
	if (!S_ISREG(st.st_mode)) {
		snprintf(err, STORE_ERROR_MAX,
		        "the manifest is not a regular file; name another one");
		return -EINVAL;
	}
	if (st.st_size > MANIFEST_SIZE_MAX) {
		snprintf(err, STORE_ERROR_MAX,
		        "the manifest has over %d bytes; split the remote into several profiles",
		        MANIFEST_SIZE_MAX);
		return -EFBIG;
	}
	if (!st.st_size)
		return 0;
	void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED) {
		int e = errno;
		snprintf(
		        err, STORE_ERROR_MAX, "cannot map the manifest: %m; check memory and disk");
		return -e;
	}
	m->text = map;
	m->len = (size_t)st.st_size;
	return 0;
}

/* Checks every line and notes where each file's is. */
static int index_lines(struct manifest *m, char err[static STORE_ERROR_MAX])
{
	size_t room = 0, next;
	struct line line;

	for (size_t off = 0; off < m->len; off = next) {
		size_t len = line_at(m, off, &next);
		room += len && m->text[off] != '#';
	}
	if (room > MANIFEST_FILES_MAX) {
		snprintf(err, STORE_ERROR_MAX,
		        "the manifest names over %d files; split the remote into several profiles",
		        MANIFEST_FILES_MAX);
		return -E2BIG;
	}
	m->lines = malloc((room + 1) * sizeof(*m->lines));
	if (!m->lines) {
		snprintf(err, STORE_ERROR_MAX, "out of memory for a manifest of %zu files; %s",
		        room, "split the remote into several profiles");
		return -ENOMEM;
	}
	size_t number = 1;
	for (size_t off = 0; off < m->len && m->n < room; off = next, number++) {
		size_t len = line_at(m, off, &next);
		if (!len || m->text[off] == '#')
			continue;
		const char *fault = parse_line(m->text + off, len, &line);
		if (fault) {
			snprintf(err, STORE_ERROR_MAX, "manifest, line %zu: %s", number, fault);
			return -EPROTO;
		}
		m->lines[m->n++] = (uint32_t)off;
	}
	return 0;
}

/* Sorts, and drops each line that has its own path, or files below it, right behind it. */
static void sort_lines(struct manifest *m)
{
	size_t kept = 0;
	bool sorted = true;

	for (size_t i = 1; i < m->n && sorted; i++)
		sorted = compare_lines(&m->lines[i - 1], &m->lines[i], m) < 0;
	if (!sorted)
		qsort_r(m->lines, m->n, sizeof(*m->lines), compare_lines, m);
	for (size_t i = 0; i < m->n; i++) {
		const char *path = m->text + m->lines[i];
		const char *tab = memchr(path, '\t', m->len - m->lines[i]);
		size_t len = tab ? (size_t)(tab - path) : 0;
		if (i + 1 < m->n && !compare_prefix(m, i + 1, path, len)) {
			char behind = m->text[m->lines[i + 1] + len];
			if (behind == '\t' || behind == '/')
				continue;
		}
		m->lines[kept++] = m->lines[i];
	}
	m->n = kept;
}

int manifest_open(struct manifest **out, int fd, char err[static STORE_ERROR_MAX])
{
	struct manifest *m = calloc(1, sizeof(*m));

	if (!m) {
		snprintf(
		        err, STORE_ERROR_MAX, "out of memory for a manifest; close other programs");
		return -ENOMEM;
	}
	int r = map_file(m, fd, err);
	if (!r)
		r = index_lines(m, err);
	if (r) {
		manifest_close(m);
		return r;
	}
	sort_lines(m);
	/* What reading brought in is the page cache's, not ours to hold. */
	if (m->text)
		(void)madvise((void *)m->text, m->len, MADV_DONTNEED);
	*out = m;
	return 0;
}

void manifest_close(struct manifest *m)
{
	if (!m)
		return;
	if (m->text)
		munmap((void *)m->text, m->len);
	free(m->lines);
	free(m);
}

size_t manifest_count(const struct manifest *m)
{
	return m->n;
}

/* The line in the index, parsed again: it was well formed once. */
static bool read_line(const struct manifest *m, size_t i, struct line *out)
{
	size_t next, len = line_at(m, m->lines[i], &next);

	return !parse_line(m->text + m->lines[i], len, out);
}

int manifest_list(const struct manifest *m, const char *dir, store_entry_cb *cb, void *arg)
{
	size_t dir_len = strlen(dir), i = search(m, 0, dir, dir_len, 0);
	struct line line;

	if (dir_len && dir[dir_len - 1] != '/')
		return -EINVAL;
	if (dir_len && (i == m->n || compare_prefix(m, i, dir, dir_len)))
		return -ENOENT;
	while (i < m->n && !compare_prefix(m, i, dir, dir_len)) {
		if (!read_line(m, i, &line) || line.path_len <= dir_len)
			return -EIO;
		const char *name = line.path + dir_len;
		size_t name_len = line.path_len - dir_len;
		const char *slash = memchr(name, '/', name_len);
		struct store_entry entry = {.name = name, .name_len = name_len, .info = &line.info};
		if (slash) {
			entry.is_dir = true;
			entry.name_len = (size_t)(slash - name);
			line.info = (struct object_info){.mtime = STORE_MTIME_DIR};
			i = search(m, i, line.path, dir_len + entry.name_len + 1, 1);
		} else {
			i++;
		}
		int r = cb(arg, &entry);
		if (r)
			return r;
	}
	return 0;
}

int manifest_lookup(
        const struct manifest *m, const char *key, struct object_info *info, bool *is_dir)
{
	size_t len = strlen(key), i = search(m, 0, key, len, 0);
	struct line line = {.path_len = 0};

	if (len) {
		if (i == m->n || compare_prefix(m, i, key, len) || !read_line(m, i, &line))
			return -ENOENT;
		if (line.path_len < len || (line.path_len > len && line.path[len] != '/'))
			return -ENOENT;
	}
	*is_dir = !len || line.path_len > len;
	*info = line.info;
	if (*is_dir)
		*info = (struct object_info){.mtime = STORE_MTIME_DIR};
	return 0;
}
