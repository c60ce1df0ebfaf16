/*
 * Finding the real functions in the loaded objects behind ours, by their hash tables.
 *
 * The loader's list of objects begins with those that were loaded at the start, which are never
 * unloaded, and libc is among them: the walk ends before anything that another thread could be
 * loading. It takes no lock and allocates nothing, and needs no dlsym, which before glibc 2.34 is
 * in a library of its own.
 */
#include "shim/real.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>

#define LIBC_START "__libc_start_main" /* by which libc is known: nothing else defines it */

struct real real;

const struct real_names real_names = {
#define CALL(type, name, params) .name = #name,
#define TWIN(name, of)
#include "shim/calls.def"
#undef CALL
#undef TWIN
};

/* The head of the loader's list: of glibc, and of musl. */
extern struct r_debug _r_debug __attribute__((weak));
extern struct r_debug *_dl_debug_addr __attribute__((weak));

/* A name, and its hash in the tables of either kind. */
struct wanted {
	const char *name;
	uint32_t gnu, sysv;
	bool old; /* any version will do */
};

/* An object's tables for looking up names. */
struct tables {
	const ElfW(Sym) * symbols;
	const char *strings;
	const uint32_t *gnu, *sysv;
	const ElfW(Half) * versions;
};

static const struct link_map *first_object(void)
{
	if (&_r_debug)
		return _r_debug.r_map;
	return &_dl_debug_addr ? _dl_debug_addr->r_map : NULL;
}

/* glibc relocates the addresses in the dynamic section on most machines; others leave offsets. It
 * leaves those of the kernel's own object too, which old kernels and user-mode Linux have linked
 * into the kernel's half of the addresses. */
static const void *at(const struct link_map *m, ElfW(Addr) p)
{
	bool is_kernels = sizeof p == 8 && (intptr_t)p < 0;

	return (const void *)(p < m->l_addr || is_kernels ? p + m->l_addr : p);
}

static bool read_tables(const struct link_map *m, struct tables *t)
{
	memset(t, 0, sizeof *t);
	for (const ElfW(Dyn) *d = m->l_ld; d && d->d_tag != DT_NULL; d++) {
		switch (d->d_tag) {
		case DT_SYMTAB:
			t->symbols = at(m, d->d_un.d_ptr);
			break;
		case DT_STRTAB:
			t->strings = at(m, d->d_un.d_ptr);
			break;
		case DT_GNU_HASH:
			t->gnu = at(m, d->d_un.d_ptr);
			break;
		case DT_HASH:
			t->sysv = at(m, d->d_un.d_ptr);
			break;
		case DT_VERSYM:
			t->versions = at(m, d->d_un.d_ptr);
			break;
		default:
			break;
		}
	}
	return t->symbols && t->strings;
}

static uint32_t gnu_hash(const char *name)
{
	uint32_t h = 5381;

	for (; *name; name++)
		h = h * 33 + (unsigned char)*name;
	return h;
}

static uint32_t sysv_hash(const char *name)
{
	uint32_t h = 0;

	for (; *name; name++) {
		h = (h << 4) + (unsigned char)*name;
		h = (h ^ (h >> 28 << 4)) & 0x0fffffff; /* the top four bits come in again */
	}
	return h;
}

/* A definition of the default version, as the linker would choose, or of an old one. */
static bool is_match(const struct tables *t, uint32_t index, const struct wanted *w)
{
	const ElfW(Sym) *s = &t->symbols[index];
	unsigned type = s->st_info & 0xf;

	if (s->st_shndx == SHN_UNDEF || (type != STT_FUNC && type != STT_GNU_IFUNC) ||
	        strcmp(t->strings + s->st_name, w->name) != 0)
		return false;
	return w->old || !t->versions || !(t->versions[index] & 0x8000);
}

static const ElfW(Sym) * find_by_gnu(const struct tables *t, const struct wanted *w)
{
	uint32_t n = t->gnu[0], first = t->gnu[1], n_bloom = t->gnu[2], shift = t->gnu[3];
	const ElfW(Addr) *bloom = (const void *)(t->gnu + 4);
	const uint32_t *buckets = (const void *)(bloom + n_bloom), *chain = buckets + n;
	ElfW(Addr) word, bits = sizeof(ElfW(Addr)) * 8;
	uint32_t i;

	if (!n || !n_bloom)
		return NULL;
	word = bloom[(w->gnu / bits) % n_bloom];
	if (!((word >> (w->gnu % bits)) & (word >> ((w->gnu >> shift) % bits)) & 1))
		return NULL;
	i = buckets[w->gnu % n];
	if (i < first)
		return NULL;
	for (;; i++) {
		uint32_t h = chain[i - first];

		if ((h | 1) == (w->gnu | 1) && is_match(t, i, w))
			return &t->symbols[i];
		if (h & 1)
			return NULL;
	}
}

static const ElfW(Sym) * find_by_sysv(const struct tables *t, const struct wanted *w)
{
	uint32_t n = t->sysv[0];
	const uint32_t *buckets = t->sysv + 2, *chain = buckets + n;

	for (uint32_t i = n ? buckets[w->sysv % n] : 0; i; i = chain[i]) {
		if (is_match(t, i, w))
			return &t->symbols[i];
	}
	return NULL;
}

static void *find_in(const struct link_map *m, const struct wanted *w)
{
	const ElfW(Sym) *s = NULL;
	struct tables t;
	void *at;

	if (!read_tables(m, &t))
		return NULL;
	if (t.gnu)
		s = find_by_gnu(&t, w);
	else if (t.sysv)
		s = find_by_sysv(&t, w);
	if (!s)
		return NULL;
	at = (void *)(m->l_addr + s->st_value);
	/* Of an indirect function it is the one that chooses. */
	if ((s->st_info & 0xf) == STT_GNU_IFUNC)
		at = ((void *(*)(unsigned long))at)(getauxval(AT_HWCAP));
	return at;
}

/* In place of what this libc does not have. */
static long absent(void)
{
	errno = ENOSYS;
	return -1;
}

static void *absent_pointer(void)
{
	errno = ENOSYS;
	return NULL;
}

bool real_is_absent(const void *function)
{
	return function == (void *)absent || function == (void *)absent_pointer;
}

const char *real_own_path(void)
{
	const struct link_map *m = first_object();

	while (m && m->l_ld != _DYNAMIC)
		m = m->l_next;
	return m ? m->l_name : NULL;
}

static struct wanted wanted(const char *name)
{
	return (struct wanted){.name = name, .gnu = gnu_hash(name), .sysv = sysv_hash(name)};
}

static const struct link_map *libc_object(void)
{
	struct wanted start = wanted(LIBC_START);
	const struct link_map *m = first_object();

	while (m && !find_in(m, &start))
		m = m->l_next;
	return m;
}

void *real_of_libc(const char *name)
{
	struct wanted w = wanted(name);
	const struct link_map *m = libc_object();

	return m ? find_in(m, &w) : NULL;
}

void *real_find(const char *name, void **slot, bool returns_pointer)
{
	struct wanted w = wanted(name);
	const struct link_map *m = first_object();
	void *found = NULL;

	while (m && m->l_ld != _DYNAMIC)
		m = m->l_next;
	for (m = m ? m->l_next : NULL; m && !found; m = m->l_next)
		found = find_in(m, &w);
	/* What libc has only for programs that were linked long ago, as __xmknod. */
	w.old = true;
	if (!found && (m = libc_object()))
		found = find_in(m, &w);
	if (!found)
		found = returns_pointer ? (void *)absent_pointer : (void *)absent;
	__atomic_store_n(slot, found, __ATOMIC_RELAXED);
	return found;
}
