/* What a program is, read from its file: found as execvp would, and whether a preload reaches it.
 */
#include "fetch/cmd_program.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static char folder[] = "/tmp/larder-test.XXXXXX";
static struct program program;

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(folder) && chdir(folder) == 0 && mkdir("one", 0755) == 0 &&
	                       mkdir("two", 0755) == 0
	               ? 0
	               : -1;
}

static int tear_down(void **state)
{
	(void)state;
	return rmdir("one") | rmdir("two") | chdir("/") | rmdir(folder);
}

static void write_file(const char *name, mode_t mode, const void *data, size_t len)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), len);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void write_text(const char *name, mode_t mode, const char *text)
{
	write_file(name, mode, text, strlen(text));
}

/* This very test, with a change. */
static void write_elf(const char *name, void change(Elf64_Ehdr *, Elf64_Phdr *))
{
	static _Alignas(Elf64_Ehdr) char head[4096];
	Elf64_Ehdr *eh = (Elf64_Ehdr *)head;
	int fd = open("/proc/self/exe", O_RDONLY);

	assert_int_equal(read(fd, head, sizeof head), sizeof head);
	close(fd);
	change(eh, (Elf64_Phdr *)(head + eh->e_phoff));
	write_file(name, 0755, head, sizeof head);
}

static enum program_obstacle obstacle_of(const char *name)
{
	assert_int_equal(program_inspect(name, &program), 0);
	return program.obstacle;
}

static void found_in_path(void **state)
{
	char path[PROGRAM_PATH_MAX];

	(void)state;
	write_text("one/both", 0644, "");
	write_text("two/both", 0755, "");
	write_text("one/never", 0644, "");
	setenv("PATH", "one:two", 1);
	assert_int_equal(program_find("both", path), 0);
	assert_string_equal(path, "two/both");
	assert_int_equal(program_find("never", path), -EACCES);
	assert_int_equal(program_find("absent", path), -ENOENT);
	assert_int_equal(program_find("", path), -ENOENT);
	assert_int_equal(program_find("./one", path), -EACCES);
	assert_int_equal(program_find("two/both", path), 0);
	assert_int_equal(program_find("/no/such", path), -ENOENT);
	setenv("PATH", "", 1);
	write_text("here", 0755, "");
	assert_int_equal(program_find("here", path), 0);
	assert_int_equal(
	        unlink("one/both") | unlink("two/both") | unlink("one/never") | unlink("here"), 0);
	setenv("PATH", "/usr/bin:/bin", 1);
}

static void a_dynamic_program(void **state)
{
	(void)state;
	assert_int_equal(obstacle_of("/proc/self/exe"), PROGRAM_CLEAR);
	assert_null(program_obstacle_text(PROGRAM_CLEAR));
}

static void drop_loader(Elf64_Ehdr *eh, Elf64_Phdr *ph)
{
	for (unsigned i = 0; i < eh->e_phnum; i++) {
		if (ph[i].p_type == PT_INTERP)
			ph[i].p_type = PT_NULL;
	}
}

static void a_static_program(void **state)
{
	(void)state;
	write_elf("static", drop_loader);
	assert_int_equal(obstacle_of("./static"), PROGRAM_STATIC);
	assert_non_null(strstr(program_obstacle_text(PROGRAM_STATIC), "static"));
	unlink("static");
}

static void narrow(Elf64_Ehdr *eh, Elf64_Phdr *ph)
{
	(void)ph;
	eh->e_ident[EI_CLASS] = ELFCLASS32;
}

static void other_machine(Elf64_Ehdr *eh, Elf64_Phdr *ph)
{
	(void)ph;
	eh->e_machine = EM_S390;
}

static void programs_of_another_kind(void **state)
{
	(void)state;
	write_elf("narrow", narrow);
	assert_int_equal(obstacle_of("./narrow"), PROGRAM_OTHER_KIND);
	write_elf("machine", other_machine);
	assert_int_equal(obstacle_of("./machine"), PROGRAM_OTHER_KIND);
	unlink("narrow");
	unlink("machine");
}

static void wild_headers(Elf64_Ehdr *eh, Elf64_Phdr *ph)
{
	(void)ph;
	eh->e_phoff = UINT64_MAX - 8;
	eh->e_phnum = 60000;
}

static void wild_loader(Elf64_Ehdr *eh, Elf64_Phdr *ph)
{
	for (unsigned i = 0; i < eh->e_phnum; i++) {
		ph[i].p_type = PT_INTERP;
		ph[i].p_offset = 4000;
		ph[i].p_filesz = UINT64_MAX;
	}
}

static void damaged_files_are_survived(void **state)
{
	(void)state;
	write_elf("wild", wild_headers);
	assert_int_equal(obstacle_of("./wild"), PROGRAM_UNREADABLE);
	write_elf("wild", wild_loader);
	obstacle_of("./wild");
	write_text("wild", 0755, "\177ELF");
	assert_int_equal(obstacle_of("./wild"), PROGRAM_NOT_ELF);
	write_text("wild", 0755, "");
	assert_int_equal(obstacle_of("./wild"), PROGRAM_NOT_ELF);
	unlink("wild");
}

static void scripts_are_their_interpreter(void **state)
{
	static const char *const heads[] = {"#!/bin/sh\n", "#! /bin/sh -e\nx",
	        "#!/usr/bin/env sh\n", "#!/usr/bin/env -S sh -e\n", "#!/usr/bin/env A=b sh\n",
	        "#!/bin/sh"};

	(void)state;
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
		write_text("script", 0755, heads[i]);
		assert_int_equal(obstacle_of("./script"), PROGRAM_CLEAR);
		assert_non_null(strstr(program.interpreter, "/sh"));
	}
	write_elf("static", drop_loader);
	write_text("script", 0755, "#!./static\n");
	assert_int_equal(obstacle_of("./script"), PROGRAM_STATIC);
	write_text("script", 0755, "#!/no/such/interpreter\n");
	assert_int_equal(obstacle_of("./script"), PROGRAM_UNREADABLE);
	write_text("script", 0755, "#!\n");
	obstacle_of("./script");
	write_text("script", 0755, "echo no head\n");
	assert_int_equal(obstacle_of("./script"), PROGRAM_NOT_ELF);
	unlink("script");
	unlink("static");
}

static void the_preload_is_named_by_the_environment(void **state)
{
	char path[PROGRAM_PATH_MAX], wanted[PROGRAM_PATH_MAX];

	(void)state;
	write_text("shim.so", 0644, "");
	setenv("LARDER_SHIM", "shim.so", 1);
	assert_int_equal(program_find_shim(path), 0);
	assert_non_null(realpath("shim.so", wanted));
	assert_string_equal(path, wanted);
	rename("shim.so", "shim file.so");
	setenv("LARDER_SHIM", "shim file.so", 1);
	assert_int_equal(program_find_shim(path), -EINVAL);
	unlink("shim file.so");
	assert_int_equal(program_find_shim(path), -ENOENT);
	unsetenv("LARDER_SHIM");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(found_in_path),
	        cmocka_unit_test(a_dynamic_program),
	        cmocka_unit_test(a_static_program),
	        cmocka_unit_test(programs_of_another_kind),
	        cmocka_unit_test(damaged_files_are_survived),
	        cmocka_unit_test(scripts_are_their_interpreter),
	        cmocka_unit_test(the_preload_is_named_by_the_environment),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
