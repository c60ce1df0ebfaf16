/*
 * Asking the agent, and what a start of it needs.
 *
 * An agent gets the environment that this program was given when it began, which is the one that
 * the configuration was read with: one that the program has changed since would make it an agent of
 * another configuration.
 */
#include "shim/shim.h"

#include <unistd.h>

#define ENVIRON_MAX (1 << 20) /* bytes of an environment; a larger one is taken as it is now */

/* The command beside our folder (../bin/larder), else the one that was installed with us. */
static const char *find_agent(char *out, size_t size)
{
	const char *own = real_own_path();
	struct stat st;
	size_t n = own && own[0] == '/' ? text_join(out, size, own, NULL) : 0;

	for (int i = 0; n && i < 2; i++) {
		while (n && out[n] != '/')
			n--;
		out[n] = 0;
	}
	if (n && n + sizeof "/bin/larder" <= size) {
		memcpy(out + n, "/bin/larder", sizeof "/bin/larder");
		if (sys_fstatat(AT_FDCWD, out, &st, 0) == 0)
			return out;
	}
	return LARDER_BINDIR "/larder";
}

struct first_environ {
	size_t size;
	char **names; /* behind the text, in the same mapping */
	char text[];
};

/* Reads what the kernel keeps of the environment. NULL if it cannot be had. */
static struct first_environ *read_environ(void)
{
	size_t room = sizeof(struct first_environ) + ENVIRON_MAX, len = 0, count = 0;
	size_t size = room + (ENVIRON_MAX / 2 + 1) * sizeof(char *);
	int fd = sys_open("/proc/self/environ", O_RDONLY | O_CLOEXEC);
	struct first_environ *e;
	long n = 0;

	if (fd < 0)
		return NULL;
	e = sys_mmap(size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	while (e != MAP_FAILED && len < ENVIRON_MAX &&
	        (n = sys_read(fd, e->text + len, ENVIRON_MAX - len)) > 0)
		len += (size_t)n;
	sys_close(fd);
	if (e == MAP_FAILED)
		return NULL;
	if (n || !len) {
		sys_munmap(e, size);
		return NULL;
	}
	e->size = size;
	e->names = (char **)((char *)e + room);
	/* Two bytes at least for each name. */
	for (char *s = e->text; s < e->text + len; s += strlen(s) + 1) {
		if (s[0] && s[1])
			e->names[count++] = s;
	}
	return e;
}

/* An agent is asked, or started and asked. */
static int ask(
        enum wire_op op, const struct place *p, struct wire_reply *reply, int *fd, char *text)
{
	int err = client_ask(&shim.client, op, p->rel, p->rel_len, reply, fd, text);
	struct client starting = shim.client;
	char agent[CONFIG_PATH_MAX];
	struct first_environ *e;

	if ((err != -ENOENT && err != -ECONNREFUSED) || shim.client.system)
		return err;
	starting.agent = find_agent(agent, sizeof agent);
	e = read_environ();
	starting.env = e ? e->names : environ;
	err = client_ask(&starting, op, p->rel, p->rel_len, reply, fd, text);
	if (e)
		sys_munmap(e, e->size);
	return err;
}

static int ask_saving_errno(
        enum wire_op op, const struct place *p, struct wire_reply *reply, int *fd, char *text)
{
	int saved = errno, err;

	TRACE_ASKED();
	err = ask(op, p, reply, fd, text);

	errno = saved;
	if (err == -EMFILE || err == -ENFILE)
		return err;
	/* No agent to be had is, for a program, a disk that does not answer. */
	return err ? -EIO : reply->error;
}

int ask_agent(enum wire_op op, const struct place *p, struct wire_reply *reply, int *fd)
{
	return ask_saving_errno(op, p, reply, fd, NULL);
}

int ask_etag(const struct place *p, char etag[static WIRE_TEXT_MAX + 1])
{
	struct wire_reply reply;

	return ask_saving_errno(WIRE_STAT, p, &reply, NULL, etag);
}
