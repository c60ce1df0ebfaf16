/* What an ELF file is to a preload, read from its headers (elf(5)). Nothing that they say is
 * believed without a limit. */
#include "fetch/cmd_program.h"

#include <elf.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#define HEADERS_MAX 512       /* program or section headers that are looked at */
#define NOTES_MAX   4096      /* bytes of a segment of notes that are looked at */
#define NAMES_MAX   (1 << 16) /* bytes of the names of sections */
#define GO_SECTION  ".go.buildinfo"

#if defined(__x86_64__)
#define OUR_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define OUR_MACHINE EM_AARCH64
#endif

static bool read_at(int fd, void *out, size_t n, uint64_t at)
{
	return at <= INT64_MAX && pread(fd, out, n, (off_t)at) == (ssize_t)n;
}

/* The base name of the loader. False if it names none. */
static bool read_loader(int fd, const Elf64_Phdr *ph, char out[static PROGRAM_PATH_MAX])
{
	const char *slash;

	if (!ph->p_filesz || ph->p_filesz >= PROGRAM_PATH_MAX ||
	        !read_at(fd, out, ph->p_filesz, ph->p_offset))
		return false;
	out[ph->p_filesz] = 0;
	slash = strrchr(out, '/');
	if (slash)
		memmove(out, slash + 1, strlen(slash));
	return true;
}

/* Go's linker leaves a note of its own: its build id. */
static bool notes_of_go(int fd, const Elf64_Phdr *ph)
{
	char notes[NOTES_MAX];
	size_t n = ph->p_filesz < sizeof notes ? ph->p_filesz : sizeof notes, at = 0;
	Elf64_Nhdr note;

	if (!read_at(fd, notes, n, ph->p_offset))
		return false;
	while (n - at >= sizeof note) {
		size_t name = at + sizeof note, size;

		memcpy(&note, notes + at, sizeof note);
		size = ((uint64_t)note.n_namesz + 3) / 4 * 4 +
		       ((uint64_t)note.n_descsz + 3) / 4 * 4;
		if (note.n_namesz == 4 && n - name >= 4 && !memcmp(notes + name, "Go\0", 4))
			return true;
		if (size > n - name)
			break;
		at = name + size;
	}
	return false;
}

/* The note can be left out by an option of the linker; the section cannot. */
static bool sections_of_go(int fd, const Elf64_Ehdr *eh)
{
	static char names[NAMES_MAX];
	Elf64_Shdr sh;
	uint64_t size;

	if (eh->e_shentsize != sizeof sh || eh->e_shnum > HEADERS_MAX ||
	        eh->e_shstrndx >= eh->e_shnum || eh->e_shoff > INT64_MAX / 2 ||
	        !read_at(fd, &sh, sizeof sh, eh->e_shoff + eh->e_shstrndx * sizeof sh))
		return false;
	size = sh.sh_size < sizeof names ? sh.sh_size : sizeof names;
	if (!read_at(fd, names, size, sh.sh_offset))
		return false;
	for (unsigned i = 0; i < eh->e_shnum; i++) {
		if (!read_at(fd, &sh, sizeof sh, eh->e_shoff + i * sizeof sh))
			return false;
		if (sh.sh_name < size && size - sh.sh_name >= sizeof GO_SECTION &&
		        !memcmp(names + sh.sh_name, GO_SECTION, sizeof GO_SECTION))
			return true;
	}
	return false;
}

/* Another loader than larder's own is of another libc. */
static bool is_foreign(const char *loader)
{
#ifdef __GLIBC__
	return strncmp(loader, "ld-linux", 8) != 0 && strncmp(loader, "ld-lsb", 6) != 0 &&
	       strncmp(loader, "ld.so", 5) != 0;
#else
	return strncmp(loader, "ld-musl", 7) != 0;
#endif
}

enum program_obstacle program_inspect_elf(int fd)
{
	enum program_obstacle found = PROGRAM_STATIC;
	char loader[PROGRAM_PATH_MAX];
	Elf64_Ehdr eh;
	Elf64_Phdr ph;

	/* The first bytes are the same for either class. */
	if (!read_at(fd, &eh, offsetof(Elf64_Ehdr, e_version), 0) ||
	        memcmp(eh.e_ident, ELFMAG, SELFMAG) != 0)
		return PROGRAM_NOT_ELF;
	if (eh.e_ident[EI_CLASS] != ELFCLASS64 || eh.e_ident[EI_DATA] != ELFDATA2LSB ||
	        eh.e_machine != OUR_MACHINE)
		return PROGRAM_OTHER_KIND;
	if (!read_at(fd, &eh, sizeof eh, 0) || eh.e_phentsize != sizeof ph)
		return PROGRAM_NOT_ELF;
	if (eh.e_phnum > HEADERS_MAX || eh.e_phoff > INT64_MAX / 2)
		return PROGRAM_UNREADABLE;
	for (unsigned i = 0; i < eh.e_phnum; i++) {
		if (!read_at(fd, &ph, sizeof ph, eh.e_phoff + i * sizeof ph))
			return PROGRAM_UNREADABLE;
		if (ph.p_type == PT_NOTE && notes_of_go(fd, &ph))
			return PROGRAM_GO;
		if (ph.p_type == PT_INTERP)
			found = read_loader(fd, &ph, loader) && is_foreign(loader)
			                ? PROGRAM_OTHER_LIBC
			                : PROGRAM_CLEAR;
	}
	return sections_of_go(fd, &eh) ? PROGRAM_GO : found;
}
