/* Reading what is to be run: first lines of scripts, and the links of ELF files that may be damaged
 * on purpose. */
#include "shim/exec.h"

#include <elf.h>
#include <link.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#define ROUNDS 20000

/* -- Scripts -- */

static int parse(const char *text, size_t n, struct script *s)
{
	static char head[SCRIPT_HEAD];

	memset(head, 0, sizeof head);
	memcpy(head, text, n < sizeof head ? n : sizeof head);
	return script_parse(head, s);
}

static void assert_script(const char *text, const char *interpreter, const char *argument)
{
	struct script s;

	assert_int_equal(parse(text, strlen(text), &s), 1);
	assert_string_equal(s.interpreter, interpreter);
	if (argument)
		assert_string_equal(s.argument, argument);
	else
		assert_null(s.argument);
}

static void a_line_has_an_interpreter_and_an_argument(void **state)
{
	(void)state;
	assert_script("#!/bin/sh\necho", "/bin/sh", NULL);
	assert_script("#!/bin/sh", "/bin/sh", NULL);
	assert_script("#! \t/bin/sh \t -e  -x \t\n", "/bin/sh", "-e  -x");
	assert_script("#!/bin/sh\r\n", "/bin/sh\r", NULL);
	assert_script("#!/bin/sh  \n", "/bin/sh", NULL);
	/* As the kernel has it: without a newline, blanks at the end belong to the argument. */
	assert_script("#!/bin/sh ", "/bin/sh", "");
}

static void what_is_no_script(void **state)
{
	struct script s;

	(void)state;
	assert_int_equal(parse("", 0, &s), 0);
	assert_int_equal(parse("#", 1, &s), 0);
	assert_int_equal(parse("echo #!/bin/sh\n", 15, &s), 0);
	assert_int_equal(parse("#!\n", 3, &s), -ENOEXEC);
	assert_int_equal(parse("#! \t \n", 6, &s), -ENOEXEC);
}

static void a_long_line_may_lose_its_argument_but_not_its_name(void **state)
{
	char text[400] = "#!/i ";
	struct script s;

	(void)state;
	memset(text + 5, 'a', 395);
	assert_int_equal(parse(text, sizeof text, &s), 1);
	assert_string_equal(s.interpreter, "/i");
	assert_int_equal(strlen(s.argument), SCRIPT_HEAD - 1 - 5);
	memset(text + 2, 'a', 398);
	assert_int_equal(parse(text, sizeof text, &s), -ENOEXEC);
	memset(text + 2, ' ', 398);
	assert_int_equal(parse(text, sizeof text, &s), -ENOEXEC);
}

static void any_bytes_are_parsed_within_their_buffer(void **state)
{
	static const char some[] = "#!/ab \t\n\0";
	char text[SCRIPT_HEAD] = "#!";
	struct script s;

	(void)state;
	srand(1);
	for (int i = 0; i < ROUNDS; i++) {
		for (int at = 2; at < SCRIPT_HEAD; at++)
			text[at] = rand() % 30 ? 'x' : some[rand() % (int)sizeof some];
		if (parse(text, sizeof text, &s) == 1) {
			assert_true(strlen(s.interpreter) < SCRIPT_HEAD);
			assert_true(!s.argument || strlen(s.argument) < SCRIPT_HEAD);
		}
	}
}

/* -- ELF -- */

static char *own;
static size_t own_size;

static int load_own(void **state)
{
	FILE *f = fopen("/proc/self/exe", "rb");

	(void)state;
	own = malloc(64 << 20);
	own_size = f && own ? fread(own, 1, 64 << 20, f) : 0;
	if (f)
		fclose(f);
	return own_size ? 0 : -1;
}

static int unload_own(void **state)
{
	(void)state;
	free(own);
	return 0;
}

static void this_program_needs_libc(void **state)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	char name[ELF_NAME_MAX];
	struct elf_links l;
	bool found = false;

	(void)state;
	assert_int_equal(elf_links_read(fd, &l), 0);
	for (unsigned i = 0; i < l.n_needed; i++)
		found |= elf_needed_name(fd, &l, i, name) && !strncmp(name, "libc.", 5);
	assert_true(found);
	close(fd);
}

static void what_is_no_elf_file_has_no_links(void **state)
{
	int fd = memfd_create("none", MFD_CLOEXEC);
	struct elf_links l;

	(void)state;
	assert_int_equal(elf_links_read(fd, &l), -ENOEXEC);
	assert_int_equal(write(fd, "\177ELF", 4), 4);
	assert_int_equal(elf_links_read(fd, &l), -ENOEXEC);
	close(fd);
	assert_int_equal(elf_links_read(-1, &l), -ENOEXEC);
}

/* Where the headers and the dynamic section are. */
static size_t interesting(void)
{
	const ElfW(Ehdr) *e = (const void *)own;
	const ElfW(Phdr) *p = (const void *)(own + e->e_phoff);
	size_t headers = e->e_phoff + e->e_phnum * sizeof *p;

	for (int i = 0; i < e->e_phnum && rand() % 2; i++) {
		if (p[i].p_type == PT_DYNAMIC)
			return p[i].p_offset + (size_t)rand() % p[i].p_filesz;
	}
	return (size_t)rand() % headers;
}

static void damaged_files_are_read_within_limits(void **state)
{
	int fd = memfd_create("damaged", MFD_CLOEXEC);
	char name[ELF_NAME_MAX];
	struct elf_links l;

	(void)state;
	srand(1);
	assert_int_equal(write(fd, own, own_size), own_size);
	for (int i = 0; i < ROUNDS; i++) {
		size_t at[4];

		for (int j = 0; j < 4; j++) {
			char byte = (char)(rand() % 3 ? rand() : rand() % 2 ? 0 : 0xff);

			at[j] = interesting();
			assert_int_equal(pwrite(fd, &byte, 1, (off_t)at[j]), 1);
		}
		if (elf_links_read(fd, &l) == 0) {
			assert_in_range(l.n_needed, 0, ELF_NEEDED_MAX);
			assert_true(strnlen(l.runpath, sizeof l.runpath) < sizeof l.runpath);
			for (unsigned n = 0; n < l.n_needed; n++) {
				if (elf_needed_name(fd, &l, n, name))
					assert_in_range(
					        strnlen(name, sizeof name), 1, sizeof name - 1);
			}
		}
		for (int j = 0; j < 4; j++)
			assert_int_equal(pwrite(fd, own + at[j], 1, (off_t)at[j]), 1);
	}
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_line_has_an_interpreter_and_an_argument),
	        cmocka_unit_test(what_is_no_script),
	        cmocka_unit_test(a_long_line_may_lose_its_argument_but_not_its_name),
	        cmocka_unit_test(any_bytes_are_parsed_within_their_buffer),
	        cmocka_unit_test(this_program_needs_libc),
	        cmocka_unit_test(what_is_no_elf_file_has_no_links),
	        cmocka_unit_test_setup_teardown(
	                damaged_files_are_read_within_limits, load_own, unload_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
