/* `#!`: the kernel's rules, binfmt_script, for files that it cannot read itself. */
#include "shim/exec.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static char *skip_blanks(char *p, const char *last)
{
	while (p <= last && is_blank(*p))
		p++;
	return p;
}

/* The blank or NUL that ends a name. */
static char *find_end(char *p, const char *last)
{
	while (p <= last && *p && !is_blank(*p))
		p++;
	return p;
}

int script_parse(char head[static SCRIPT_HEAD], struct script *s)
{
	char *last = head + SCRIPT_HEAD - 1, *end, *name, *after;

	if (head[0] != '#' || head[1] != '!')
		return 0;
	end = memchr(head, '\n', SCRIPT_HEAD);
	name = skip_blanks(head + 2, end ? end : last);
	if (!end) {
		/* A longer line: its argument may be cut off, but not the name. */
		if (find_end(name, last) > last)
			return -ENOEXEC;
		end = last;
	}
	while (is_blank(end[-1]))
		end--;
	if (name >= end)
		return -ENOEXEC;
	after = find_end(name, end);
	s->interpreter = name;
	s->argument = NULL;
	if (after <= end && is_blank(*after)) {
		char *argument = skip_blanks(after, end);

		s->argument = argument <= end ? argument : NULL;
		*after = 0;
	}
	*end = 0;
	return 1;
}
