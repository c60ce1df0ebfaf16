/*
 * A hostile journal: each line is refused, or says something of an object that is somewhere under
 * data/, and can be written again as it was. And the same lines read as a file.
 */
#include "cache/journal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define INPUT_MAX 65536 /* bytes; more says nothing new */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_line(void *arg, const struct journal_line *l, uint64_t place)
{
	unsigned *n = arg;
	char text[JOURNAL_LINE_MAX];
	struct journal_line again;
	size_t len;

	(void)place;
	++*n;
	if (strlen(l->rel) >= KEY_REL_MAX || *l->rel == '/' || strstr(l->rel, "/../"))
		abort();
	len = journal_format(text, l);
	if (len > sizeof text || text[len - 1] != '\n' || journal_parse(&again, text, len - 1))
		abort();
	if (again.kind != l->kind || again.bytes != l->bytes || again.time != l->time ||
	        again.used != l->used || again.count != l->count || strcmp(again.rel, l->rel) != 0)
		abort();
}

/* The input is a text with a check that fits where its line begins with eight '#': else hardly any
 * line would ever be taken. */
static size_t mend(char *text, size_t size, size_t *lines)
{
	size_t out = 0;

	*lines = 0;
	while (size) {
		char *nl = memchr(text + out, '\n', size);
		size_t len = nl ? (size_t)(nl - text) - out : size;

		++*lines;
		if (len > 9 && memcmp(text + out, "########", 8) == 0)
			journal_check(text + out, len);
		out += len + (nl != NULL);
		size -= len + (nl != NULL);
	}
	return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const atomic_bool stop;
	unsigned damaged = 0, good = 0;
	uint64_t at = 0;
	size_t lines;
	char *text;
	int fd;

	if (size > INPUT_MAX)
		return 0;
	text = malloc(size + 1);
	memcpy(text, data, size);
	mend(text, size, &lines);
	fd = memfd_create("journal", 0);
	if (fd < 0 || write(fd, text, size) != (ssize_t)size)
		abort();
	if (journal_read(fd, &at, check_line, &good, &stop, &damaged) || at > size ||
	        good + damaged > lines)
		abort();
	close(fd);
	free(text);
	return 0;
}
