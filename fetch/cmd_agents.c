#include "fetch/cmd_agents.h"
#include "fetch/json.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define HASH_DIGITS 16        /* of a runtime folder's name */
#define REPORT_MAX  (1 << 20) /* bytes of its answer */

struct finding {
	const struct config *config;
	bool all;
	struct agent_found *found;
	size_t n;
};

static bool is_absent(int err)
{
	return err == -ENOENT || err == -ECONNREFUSED || err == -ENOTDIR;
}

static int connect_to(const struct agent_found *a, struct client *client)
{
	*client = (struct client){.runtime_dir = a->runtime_dir, .system = a->system};
	return client_connect(client, false);
}

int agents_ask(const struct agent_found *a, enum wire_op op, char *text)
{
	struct client client;
	struct wire_reply reply;
	int sock = connect_to(a, &client), err;

	text[0] = 0;
	if (sock < 0)
		return sock;
	err = client_send(&client, sock, op, "", 0);
	if (!err)
		err = client_receive(sock, &reply, NULL, text);
	close(sock);
	return err ? err : reply.error;
}

static void on_row(void *arg, const char *section, const struct json_row *r)
{
	struct agent_found *a = arg;

	if (*section)
		return;
	a->pid = json_row_number(r, "pid");
	snprintf(a->config_file, sizeof a->config_file, "%s", json_row_text(r, "config_file"));
}

/* Who it is, by the first values of a report. */
static int identify(struct agent_found *a, int sock, const struct client *client)
{
	struct wire_request q = client_request(client, WIRE_REPORT, 0);
	struct wire_reply reply;
	static char text[REPORT_MAX + 1];
	int fd = -1, err;
	ssize_t n;

	q.flags = WIRE_REPORT_AGENT;
	err = client_send_request(sock, &q, "");
	if (!err)
		err = client_receive(sock, &reply, &fd, NULL);
	if (!err)
		err = fd < 0 ? -EPROTO : reply.error;
	n = err ? -1 : pread(fd, text, REPORT_MAX, 0);
	if (fd >= 0)
		close(fd);
	if (n < 0)
		return err ? err : -errno;
	text[n] = 0;
	return json_read(text, (size_t)n, on_row, a);
}

/* One that does not answer is told of too: it may be of another version, or hang. */
static void look(struct finding *f, const char *runtime_dir)
{
	struct agent_found a = {0};
	struct client client;
	struct ucred peer = {0};
	socklen_t len = sizeof peer;
	bool own = strcmp(runtime_dir, f->config->runtime_dir) == 0;
	int sock;

	if (f->n == AGENTS_MAX)
		return;
	snprintf(a.runtime_dir, sizeof a.runtime_dir, "%s", runtime_dir);
	a.system = own && f->config->cache.system;
	sock = connect_to(&a, &client);
	if (is_absent(sock))
		return;
	a.error = sock < 0 ? sock : 0;
	if (sock >= 0) {
		if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0)
			a.pid = (uint64_t)peer.pid;
		a.error = identify(&a, sock, &client);
		close(sock);
	}
	if (own || f->all || (!a.error && strcmp(a.config_file, f->config->file) == 0))
		f->found[f->n++] = a;
}

/* Those beside our runtime folder, which have names like it. */
static void look_beside(struct finding *f)
{
	char base[CONFIG_PATH_MAX], path[CONFIG_PATH_MAX];
	char *name;
	struct dirent *e;
	DIR *dir;

	snprintf(base, sizeof base, "%s", f->config->runtime_dir);
	name = strrchr(base, '/');
	if (!name || strlen(name + 1) != HASH_DIGITS)
		return;
	*name++ = 0;
	dir = opendir(base);
	while (dir && (e = readdir(dir))) {
		if (strlen(e->d_name) != HASH_DIGITS || strcmp(e->d_name, name) == 0 ||
		        strspn(e->d_name, "0123456789abcdef") != HASH_DIGITS)
			continue;
		if (snprintf(path, sizeof path, "%s/%s", base, e->d_name) < (int)sizeof path)
			look(f, path);
	}
	if (dir)
		closedir(dir);
}

size_t agents_find(const struct config *c, bool all, struct agent_found **out)
{
	struct finding f = {.config = c, .all = all};

	f.found = *out = calloc(AGENTS_MAX, sizeof *f.found);
	if (!f.found)
		return 0;
	look(&f, c->runtime_dir);
	look_beside(&f);
	return f.n;
}
