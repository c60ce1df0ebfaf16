/*
 * Finding the real functions in the loaded objects behind ours, by their GNU hash tables.
 *
 * The chain of objects hangs off the main program's DT_DEBUG. Those that were loaded at the start
 * come first and are never unloaded, and libc is among them, so the walk ends before anything that
 * another thread could be loading.
 */
#include "shim/real.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>

struct real real;

const struct real_names real_names = {
#define CALL(type, name, params) .name = #name,
#define TWIN(name, of)
#include "shim/calls.def"
#undef CALL
#undef TWIN
};

/* An object's tables for looking up names. */
struct tables {
	const ElfW(Sym) * symbols;
	const char *strings;
	const uint32_t *hash;
	const ElfW(Half) * versions;
};

static const struct link_map *first_object(void)
{
	const ElfW(Phdr) *phdr = (const void *)getauxval(AT_PHDR);
	size_t n = getauxval(AT_PHNUM);
	const ElfW(Dyn) *dyn = NULL;
	uintptr_t bias = 0;

	for (size_t i = 0; phdr && i < n; i++) {
		if (phdr[i].p_type == PT_PHDR)
			bias = (uintptr_t)phdr - phdr[i].p_vaddr;
	}
	for (size_t i = 0; phdr && i < n; i++) {
		if (phdr[i].p_type == PT_DYNAMIC)
			dyn = (const void *)(bias + phdr[i].p_vaddr);
	}
	for (; dyn && dyn->d_tag != DT_NULL; dyn++) {
		if (dyn->d_tag == DT_DEBUG && dyn->d_un.d_ptr)
			return ((const struct r_debug *)dyn->d_un.d_ptr)->r_map;
	}
	return NULL;
}

/* glibc relocates the addresses in the dynamic section on most machines; others leave offsets. */
static const void *at(const struct link_map *m, ElfW(Addr) p)
{
	return (const void *)(p < m->l_addr ? p + m->l_addr : p);
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
			t->hash = at(m, d->d_un.d_ptr);
			break;
		case DT_VERSYM:
			t->versions = at(m, d->d_un.d_ptr);
			break;
		default:
			break;
		}
	}
	return t->symbols && t->strings && t->hash;
}

static uint32_t gnu_hash(const char *name)
{
	uint32_t h = 5381;

	for (; *name; name++)
		h = h * 33 + (unsigned char)*name;
	return h;
}

/* A definition of the default version, as the linker would choose. */
static bool is_match(const struct tables *t, uint32_t index, const char *name)
{
	const ElfW(Sym) *s = &t->symbols[index];
	unsigned type = s->st_info & 0xf;

	if (s->st_shndx == SHN_UNDEF || type != STT_FUNC ||
	        strcmp(t->strings + s->st_name, name) != 0)
		return false;
	return !t->versions || !(t->versions[index] & 0x8000);
}

static void *find_in(const struct link_map *m, const char *name, uint32_t hash)
{
	struct tables t;
	const uint32_t *buckets, *chain;
	const ElfW(Addr) * bloom;
	uint32_t n, first, n_bloom, shift, i;
	ElfW(Addr) word, bits = sizeof(ElfW(Addr)) * 8;

	if (!read_tables(m, &t))
		return NULL;
	n = t.hash[0];
	first = t.hash[1];
	n_bloom = t.hash[2];
	shift = t.hash[3];
	bloom = (const void *)(t.hash + 4);
	buckets = (const void *)(bloom + n_bloom);
	chain = buckets + n;
	if (!n || !n_bloom)
		return NULL;
	word = bloom[(hash / bits) % n_bloom];
	if (!((word >> (hash % bits)) & (word >> ((hash >> shift) % bits)) & 1))
		return NULL;
	i = buckets[hash % n];
	if (i < first)
		return NULL;
	for (;; i++) {
		uint32_t h = chain[i - first];

		if ((h | 1) == (hash | 1) && is_match(&t, i, name))
			return (void *)(m->l_addr + t.symbols[i].st_value);
		if (h & 1)
			return NULL;
	}
}

const char *real_own_path(void)
{
	const struct link_map *m = first_object();

	while (m && m->l_ld != _DYNAMIC)
		m = m->l_next;
	return m ? m->l_name : NULL;
}

void *real_find(const char *name, void **slot)
{
	const struct link_map *m = first_object();
	uint32_t hash = gnu_hash(name);
	void *found = NULL;

	while (m && m->l_ld != _DYNAMIC)
		m = m->l_next;
	for (m = m ? m->l_next : NULL; m && !found; m = m->l_next)
		found = find_in(m, name, hash);
	/* A libc without these tables, or a function by indirection. */
	if (!found)
		found = dlsym(RTLD_NEXT, name);
	*slot = found;
	return found;
}
