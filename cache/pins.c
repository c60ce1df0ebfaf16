#include "cache/pins.h"
#include "cache/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void unescape(char *text)
{
	char *out = text;

	for (; *text; text++) {
		if (*text == '\\' && (text[1] == 'n' || text[1] == '\\'))
			*out++ = *++text == 'n' ? '\n' : '\\';
		else
			*out++ = *text;
	}
	*out = 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int pins_parse(struct pins *p, char *text, size_t len)
{
	size_t lines = 1;
	char *end = text + len;

	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	p->n = 0;
	p->lines = malloc(lines * sizeof *p->lines);
	if (!p->lines)
		return -ENOMEM;
	while (text < end) {
		char *nl = memchr(text, '\n', (size_t)(end - text));

		if (nl)
			*nl = 0;
		unescape(text);
		/* A whole profile can be pinned, all of the cache cannot. */
		if (*text && *text != '/')
			p->lines[p->n++] = text;
		text = nl ? nl + 1 : end;
	}
	qsort(p->lines, p->n, sizeof *p->lines, by_name);
	return 0;
}

void pins_release(struct pins *p)
{
	free(p->text);
	free(p->lines);
	*p = (struct pins){0};
}

static int read_pins(struct pins *p, int fd)
{
	size_t size = (size_t)p->read.st_size, n = 0;
	ssize_t got = 1;

	if (!S_ISREG(p->read.st_mode))
		return -EINVAL;
	if (size > PINS_SIZE_MAX)
		size = PINS_SIZE_MAX;
	p->text = malloc(size + 1);
	if (!p->text)
		return -ENOMEM;
	while (n < size && (got = read(fd, p->text + n, size - n)) > 0)
		n += (size_t)got;
	p->text[n] = 0;
	return got < 0 ? -errno : pins_parse(p, p->text, n);
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

int pins_load(struct pins *p, const struct layout *l, bool *changed)
{
	int fd = beneath_open(l, "usage/" PINS_FILE, O_RDONLY, 0), err;
	struct stat st;

	*changed = false;
	if (fd == -ENOENT) { /* nobody has pinned anything */
		*changed = p->n != 0;
		pins_release(p);
		return 0;
	}
	if (fd < 0)
		return fd;
	err = fstat(fd, &st) == 0 ? 0 : -errno;
	if (!err && !is_same(&st, &p->read)) {
		*changed = true;
		pins_release(p);
		p->read = st;
		err = read_pins(p, fd);
		if (err)
			pins_release(p);
	}
	close(fd);
	return err;
}

static bool has_line(const struct pins *p, const char *line)
{
	return bsearch(&line, p->lines, p->n, sizeof *p->lines, by_name) != NULL;
}

bool pins_have(const struct pins *p, const char *rel)
{
	char prefix[KEY_REL_MAX];
	size_t len = strlen(rel);

	if (!p->n || len >= sizeof prefix)
		return false;
	if (has_line(p, rel))
		return true;
	memcpy(prefix, rel, len + 1);
	for (char *slash = strchr(prefix, '/'); slash; slash = strchr(slash + 1, '/')) {
		char after = slash[1];
		bool has;

		slash[1] = 0;
		has = has_line(p, prefix);
		slash[1] = after;
		if (has)
			return true;
	}
	return false;
}
