/* The input of a fuzz target as a file that nobody else may read; gone at the end. */
#ifndef LARDER_TESTS_FUZZ_FILE_H
#define LARDER_TESTS_FUZZ_FILE_H

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char fuzz_path[64];

static void forget_file(void)
{
	unlink(fuzz_path);
}

static void write_file(const uint8_t *data, size_t len)
{
	int fd;

	if (!*fuzz_path) {
		snprintf(fuzz_path, sizeof fuzz_path, "/tmp/larder-fuzz.%d", getpid());
		unlink(fuzz_path);
		atexit(forget_file);
	}
	fd = open(fuzz_path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, data, len) != (ssize_t)len)
		abort();
	close(fd);
}

#endif
