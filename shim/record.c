/*
 * The record of what is opened (LARDER_RECORD): a line of JSON for each open of an object, appended
 * to a file by one write, so that lines of threads and processes stay whole and those of a program
 * that is killed are there. What the line says of the object, the opened file says of itself.
 *
 *	{"url":"s3://bucket/key","profile":"demo","version":"","etag":"\"1b2\"","checksum":"",
 *	 "size":5,"mtime":1700000000,"executable":false,"at":1700000000123}
 *
 * The key in the URL is percent-encoded; of other text, bytes that are not ASCII are lone
 *surrogates
 * (\udc80 to \udcff), as fetch/json.h reads them. fetch/record.h is what reads the file.
 */
#include "shim/record.h"

#include "cache/read/url.h"

#include <sys/resource.h>
#include <unistd.h>

#define LINE_ROOM (64 << 10) /* for a line and what it is made from; the stack may be small */
#define ATTR_MAX  512        /* bytes of an attribute */

struct line {
	char *bytes;
	size_t len, size;
	bool full;
	char *head, *value, *again, *key; /* CONFIG_PATH_MAX, ATTR_MAX, KEY_REL_MAX, of the rel */
};

static void put(struct line *l, const char *s, size_t n)
{
	if (n > l->size - l->len) {
		l->full = true;
		return;
	}
	memcpy(l->bytes + l->len, s, n);
	l->len += n;
}

static void put_text(struct line *l, const char *s)
{
	put(l, s, strlen(s));
}

static void put_hex(struct line *l, const char *head, unsigned char c)
{
	const char *digits = "0123456789abcdef";
	char hex[2] = {digits[c >> 4], digits[c & 15]};

	put_text(l, head);
	put(l, hex, 2);
}

/* Within quotes. */
static void put_json(struct line *l, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c == '"' || c == '\\')
			put(l, "\\", 1);
		if (c >= 0x80)
			put_hex(l, "\\udc", c);
		else if (c < ' ' || c == 0x7f)
			put_hex(l, "\\u00", c);
		else
			put(l, &s[i], 1);
	}
}

static void put_encoded(struct line *l, const char *key)
{
	for (; *key; key++) {
		unsigned char c = (unsigned char)*key, low = c | 0x20;

		if ((low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
		        c == '_' || c == '~' || c == '/')
			put(l, key, 1);
		else
			put_hex(l, "%", c);
	}
}

static void put_number(struct line *l, const char *head, uint64_t n)
{
	char digits[20];
	size_t at = sizeof digits;

	put_text(l, head);
	do
		digits[--at] = (char)('0' + n % 10);
	while (n /= 10);
	put(l, digits + at, sizeof digits - at);
}

static long read_attribute(int fd, bool by_path, const char *name, char *value)
{
	char self[40] = "/proc/self/fd/";
	long n;

	if (!by_path) {
		n = sys_fgetxattr(fd, name, value, ATTR_MAX);
	} else {
		text_number(self + strlen(self), (unsigned)fd);
		n = sys_getxattr(self, name, value, ATTR_MAX);
	}
	return n > 0 ? n : 0;
}

static void put_attribute(
        struct line *l, const char *head, int fd, bool by_path, const char *name, const char *other)
{
	long n = read_attribute(fd, by_path, name, l->value);

	put_text(l, head);
	if (n)
		put_json(l, l->value, (size_t)n);
	else
		put_json(l, other, strlen(other));
}

static uint64_t now_ms(void)
{
	struct timespec t = {0};

	/* Not by way of libc: others preload a clock of their own. */
	sys_call(SYS_clock_gettime, CLOCK_REALTIME, (long)&t, 0, 0, 0, 0);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static int make(struct line *l, const struct place *p, int fd, int flags)
{
	struct url_tail tail = url_tail(p->profile);
	bool by_path = (flags & O_PATH) != 0;
	struct stat st;
	int err = sys_fstat(fd, &st);

	if (!err)
		err = key_from_rel_in(l->key, p->rel_len + 1, p->rel, l->again);
	if (err)
		return err;
	put_text(l, "{\"url\":\"");
	put_json(l, l->head, url_head(p->profile, "://", l->head, CONFIG_PATH_MAX));
	put_text(l, "/");
	put_encoded(l, l->key);
	put_text(l, tail.mark);
	put_json(l, tail.version, strlen(tail.version));
	put_text(l, "\",\"profile\":\"");
	put_json(l, p->profile->name, strlen(p->profile->name));
	put_attribute(l, "\",\"version\":\"", fd, by_path, RECORD_VERSION, tail.version);
	put_attribute(l, "\",\"etag\":\"", fd, by_path, "user.larder.etag", "");
	put_attribute(l, "\",\"checksum\":\"", fd, by_path, "user.larder.checksum", "");
	put_number(l, "\",\"size\":", (uint64_t)st.st_size);
	put_number(l, ",\"mtime\":", st.st_mtim.tv_sec > 0 ? (uint64_t)st.st_mtim.tv_sec : 0);
	put_text(l, st.st_mode & S_IXUSR ? ",\"executable\":true" : ",\"executable\":false");
	put_number(l, ",\"at\":", now_ms());
	put_text(l, "}\n");
	return l->full ? -ENAMETOOLONG : 0;
}

/* Whether the program may not make the file so long: the kernel would end it by a signal. */
static bool is_beyond_limit(int fd, size_t len)
{
	struct stat st;
	struct {
		uint64_t now, most;
	} limit = {UINT64_MAX, UINT64_MAX};

	sys_call(SYS_prlimit64, 0, RLIMIT_FSIZE, 0, (long)&limit, 0, 0);
	return limit.now != UINT64_MAX &&
	       (sys_fstat(fd, &st) || (uint64_t)st.st_size + len > limit.now);
}

static int append(const struct line *l)
{
	int fd = sys_openat(AT_FDCWD, shim.config.record,
	        O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
	long n = fd;

	if (fd < 0)
		return fd == -EMFILE || fd == -ENFILE || fd == -ENOSPC ? fd : -EIO;
	n = is_beyond_limit(fd, l->len) ? -EFBIG : -EINTR;
	while (n == -EINTR)
		n = sys_write(fd, l->bytes, l->len);
	sys_close(fd);
	/* A part of a line is as good as none. */
	return n < 0 ? (int)n : (size_t)n < l->len ? -ENOSPC : 0;
}

int record_open(const struct place *p, int fd, int flags)
{
	struct line l = {0};
	char *room;
	int err;

	/* A program that allows itself few calls could be killed for ours. */
	if (shim.sandboxed)
		return fd;
	room = sys_mmap(LINE_ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	if (room == MAP_FAILED) {
		err = -ENOMEM;
	} else {
		l.head = room;
		l.value = l.head + CONFIG_PATH_MAX;
		l.again = l.value + ATTR_MAX;
		l.key = l.again + KEY_REL_MAX;
		l.bytes = l.key + p->rel_len + 1;
		l.size = LINE_ROOM - (size_t)(l.bytes - room);
		err = make(&l, p, fd, flags);
		if (!err)
			err = append(&l);
		sys_munmap(room, LINE_ROOM);
	}
	if (!err)
		return fd;
	sys_close(fd);
	return err;
}
