#include "shim/trace_maps.h"
#include "cache/read/sys.h"

#include <elf.h>
#include <stdbool.h>
#include <string.h>

struct reader {
	int fd;
	size_t at, len;
	char bytes[1024];
};

/* The next byte, or 0 at the end. */
static char next(struct reader *r)
{
	if (r->at == r->len) {
		long n = sys_read(r->fd, r->bytes, sizeof r->bytes);

		r->at = 0;
		r->len = n > 0 ? (size_t)n : 0;
		if (!r->len)
			return 0;
	}
	return r->bytes[r->at++];
}

/* A number in hexadecimal, and the byte behind it. */
static uint64_t next_hex(struct reader *r)
{
	uint64_t value = 0;

	for (;;) {
		char c = next(r);
		unsigned digit = c >= 'a' ? (unsigned)c - 'a' + 10 : (unsigned)c - '0';

		if (digit > 15)
			return value;
		value = value << 4 | digit;
	}
}

static void skip_word(struct reader *r)
{
	char c;

	do
		c = next(r);
	while (c && c != ' ');
}

/* A program that is not position-independent has its own addresses. */
static bool has_fixed_place(uint64_t start)
{
	const Elf64_Ehdr *e = (const void *)start;

	return !memcmp(e->e_ident, ELFMAG, SELFMAG) && e->e_type == ET_EXEC;
}

/* One line: "start-end perms offset device inode   path". False at the end. */
static bool next_mapping(struct reader *r, struct trace_mapping *m, uint64_t *inode)
{
	uint64_t offset, number;
	bool readable;
	size_t n = 0;
	char c;

	m->start = next_hex(r);
	m->end = next_hex(r);
	readable = next(r) == 'r';
	skip_word(r);
	offset = next_hex(r);
	skip_word(r);
	number = next_hex(r); /* its digits will do */
	do
		c = next(r);
	while (c == ' ');
	for (; c && c != '\n'; c = next(r)) {
		if (n < sizeof m->path - 1)
			m->path[n++] = c;
	}
	m->path[n] = 0;
	/* The mappings of an object follow each other. */
	if (!number || number != *inode)
		m->base = number ? m->start - offset : 0;
	if (number && !offset && readable && has_fixed_place(m->start))
		m->base = 0;
	*inode = number;
	return m->end != 0;
}

void trace_maps_find(struct trace_mapping *m, uint64_t address)
{
	struct reader r = {0};
	uint64_t inode = 0;

	if (address >= m->start && address < m->end)
		return;
	memset(m, 0, sizeof *m);
	r.fd = sys_open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	if (r.fd < 0)
		return;
	while (next_mapping(&r, m, &inode) && m->end <= address)
		;
	if (address < m->start || address >= m->end)
		memset(m, 0, sizeof *m);
	sys_close(r.fd);
}
