#include "fetch/parent.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AGENT_COMM "(larder)" /* in /proc/PID/stat */
#define LINE_ROOM  512        /* of what is read there */
#define PATH_ROOM  300        /* for two names of 255 bytes at most, and the rest */

/* The beginning of a file; "" if it cannot be read. */
static void read_start(const char *path, char out[static LINE_ROOM])
{
	FILE *f = fopen(path, "re");
	size_t n = f ? fread(out, 1, LINE_ROOM - 1, f) : 0;

	out[n] = 0;
	if (f)
		fclose(f);
}

/* Of /proc/PID/stat: the name, in parentheses and with the rest behind it, and the parent. */
static const char *stat_comm(const char *pid, char stat[static LINE_ROOM], long *parent)
{
	char path[PATH_ROOM];
	const char *comm, *end;

	snprintf(path, sizeof path, "/proc/%s/stat", pid);
	read_start(path, stat);
	comm = strchr(stat, '(');
	end = strrchr(stat, ')'); /* a name may hold anything; behind it: state, parent */
	*parent = end && strlen(end) > 4 ? strtol(end + 4, NULL, 10) : -1;
	return comm ? comm : "";
}

/* Not getppid(): /proc may be that of an outer namespace, where numbers are other ones. */
static long parent_pid(void)
{
	char stat[LINE_ROOM];
	long parent;

	stat_comm("self", stat, &parent);
	return parent;
}

bool parent_is_host(void)
{
	char path[PATH_ROOM], line[LINE_ROOM];
	bool host = false;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%ld/maps", parent_pid());
	f = fopen(path, "re");
	while (f && !host && fgets(line, sizeof line, f))
		host = strstr(line, "/liblarder.so") != NULL;
	if (f)
		fclose(f);
	return host;
}

/* Whether a process is a child of `parent` and no agent. */
static bool is_other_child(const char *pid, long parent)
{
	char stat[LINE_ROOM];
	long its;
	const char *comm = stat_comm(pid, stat, &its);

	return its == parent && strncmp(comm, AGENT_COMM, strlen(AGENT_COMM)) != 0;
}

/* Whether one of the process's threads is in wait(2) or a relative. */
static bool is_waiting(long pid)
{
	char path[PATH_ROOM], where[LINE_ROOM];
	bool waiting = false;
	struct dirent *e;
	DIR *d;

	snprintf(path, sizeof path, "/proc/%ld/task", pid);
	d = opendir(path);
	while (d && !waiting && (e = readdir(d))) {
		snprintf(path, sizeof path, "/proc/%ld/task/%s/wchan", pid, e->d_name);
		read_start(path, where);
		waiting = strcmp(where, "do_wait") == 0;
	}
	if (d)
		closedir(d);
	return waiting;
}

bool parent_waits_in_vain(void)
{
	long parent = parent_pid();
	bool others = false;
	struct dirent *e;
	DIR *d;

	if (!is_waiting(parent))
		return false;
	d = opendir("/proc");
	if (!d)
		return false;
	while (!others && (e = readdir(d)))
		others = e->d_name[0] >= '1' && e->d_name[0] <= '9' &&
		         is_other_child(e->d_name, parent);
	closedir(d);
	return !others;
}
