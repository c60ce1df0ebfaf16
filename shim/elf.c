/*
 * What an ELF file is linked with. The file comes from a remote and may hold anything: every offset
 * is checked, every table has a limit, and nothing is mapped.
 */
#include "shim/exec.h"

#include <elf.h>
#include <link.h>

#define PHDRS_MAX   32
#define DYNAMIC_MAX 512 /* entries; a file has some thirty */
#define CHUNK       32

static bool read_at(int fd, void *buf, size_t n, uint64_t at)
{
	return at <= INT64_MAX &&
	       sys_call(SYS_pread64, fd, (long)buf, (long)n, (long)at, 0, 0) == (long)n;
}

struct segments {
	ElfW(Phdr) phdr[PHDRS_MAX];
	unsigned n;
};

static bool read_segments(int fd, struct segments *s)
{
	static const unsigned char magic[] = {
	        ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32};
	ElfW(Ehdr) e;

	if (!read_at(fd, &e, sizeof e, 0) || memcmp(e.e_ident, magic, sizeof magic) != 0 ||
	        e.e_phentsize != sizeof *s->phdr || e.e_phnum > PHDRS_MAX)
		return false;
	s->n = e.e_phnum;
	return read_at(fd, s->phdr, s->n * sizeof *s->phdr, e.e_phoff);
}

/* Where in the file an address is; 0 if it is not. */
static uint64_t offset_of(const struct segments *s, uint64_t address)
{
	for (unsigned i = 0; i < s->n; i++) {
		const ElfW(Phdr) *p = &s->phdr[i];

		if (p->p_type == PT_LOAD && address >= p->p_vaddr &&
		        address - p->p_vaddr < p->p_filesz)
			return p->p_offset + (address - p->p_vaddr);
	}
	return 0;
}

/* What the dynamic section says, before its strings are looked at. */
struct dynamic {
	uint64_t strings, runpath, rpath;
	bool has_runpath, has_rpath;
};

static void take(struct elf_links *l, struct dynamic *d, const ElfW(Dyn) * e)
{
	switch (e->d_tag) {
	case DT_NEEDED:
		if (l->n_needed < ELF_NEEDED_MAX)
			l->needed[l->n_needed++] = (uint32_t)e->d_un.d_val;
		break;
	case DT_STRTAB:
		d->strings = e->d_un.d_ptr;
		break;
	case DT_RUNPATH:
		d->runpath = e->d_un.d_val;
		d->has_runpath = true;
		break;
	case DT_RPATH:
		d->rpath = e->d_un.d_val;
		d->has_rpath = true;
		break;
	default:
		break;
	}
}

static void read_dynamic(int fd, const ElfW(Phdr) * section, struct elf_links *l, struct dynamic *d)
{
	uint64_t n = section->p_filesz / sizeof(ElfW(Dyn));
	ElfW(Dyn) chunk[CHUNK];

	for (uint64_t at = 0; at < n && at < DYNAMIC_MAX; at += CHUNK) {
		unsigned count = n - at < CHUNK ? (unsigned)(n - at) : CHUNK;

		if (!read_at(fd, chunk, count * sizeof *chunk,
		            section->p_offset + at * sizeof *chunk))
			return;
		for (unsigned i = 0; i < count; i++) {
			if (chunk[i].d_tag == DT_NULL)
				return;
			take(l, d, &chunk[i]);
		}
	}
}

/* A string of the table; false if it has no end within `size`. */
static bool read_string(int fd, uint64_t at, char *out, size_t size)
{
	long n = at <= INT64_MAX ? sys_call(SYS_pread64, fd, (long)out, (long)size, (long)at, 0, 0)
	                         : -EINVAL;

	return n > 0 && memchr(out, 0, (size_t)n);
}

int elf_links_read(int fd, struct elf_links *l)
{
	struct dynamic d = {0};
	struct segments s;

	l->n_needed = 0;
	l->runpath[0] = 0;
	l->inherits = false;
	if (!read_segments(fd, &s))
		return -ENOEXEC;
	for (unsigned i = 0; i < s.n; i++) {
		if (s.phdr[i].p_type == PT_DYNAMIC)
			read_dynamic(fd, &s.phdr[i], l, &d);
	}
	l->inherits = !d.has_runpath;
	l->strings = d.strings ? offset_of(&s, d.strings) : 0;
	if (!l->strings)
		l->n_needed = 0;
	else if ((d.has_runpath || d.has_rpath) &&
	         !read_string(fd, l->strings + (d.has_runpath ? d.runpath : d.rpath), l->runpath,
	                 sizeof l->runpath))
		l->runpath[0] = 0;
	return 0;
}

bool elf_needed_name(int fd, const struct elf_links *l, unsigned i, char name[static ELF_NAME_MAX])
{
	return read_string(fd, l->strings + l->needed[i], name, ELF_NAME_MAX) && *name &&
	       !strchr(name, '/');
}
