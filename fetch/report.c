#include "fetch/report.h"
#include "fetch/client/client.h"
#include "fetch/json.h"
#include "fetch/object.h"
#include "fetch/peer.h"
#include "fetch/pins.h"
#include "fetch/process.h"
#include "fetch/report_df.h"
#include "fetch/server.h"
#include "fetch/space.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

FILE *report_open(void)
{
	int fd = memfd_create("larder report", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;

	if (!f && fd >= 0)
		close(fd);
	return f;
}

int report_close(FILE *f)
{
	bool good = fflush(f) == 0 && !ferror(f) && ftello(f) <= REPORT_BYTES_MAX;
	int fd = good ? dup(fileno(f)) : -1;

	fclose(f);
	if (fd < 0)
		return -ENOMEM;
	/* Who gets it may rely on its size. */
	fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
	return fd;
}

void report_answer(struct waiter *w, FILE *f)
{
	struct answer ans = {.fd = f ? report_close(f) : -ENOMEM, .type = WIRE_TEXT, .message = ""};

	if (ans.fd < 0) {
		ans.error = ans.fd;
		ans.message = "the report could not be written to memory";
	}
	w->answer(w, &ans);
	if (ans.fd >= 0)
		close(ans.fd);
}

void report_agent(struct json *j, const struct agent *a)
{
	json_text(j, "version", LARDER_VERSION);
	json_number(j, "pid", (uint64_t)getpid());
	json_text(j, "location", a->config->cache.location);
	json_text(j, "runtime_dir", a->config->runtime_dir);
	json_text(j, "config_file", a->config->file);
	json_number(j, "uptime_s", (boottime_ms() - a->started) / 1000);
}

struct top {
	struct json json;
	const struct ucred *peer;
};

static const char *op_name(enum wire_op op)
{
	return op == WIRE_OPEN ? "open" : op == WIRE_STAT ? "stat" : "list";
}

static void add_waiting(void *arg, struct agent *a, const struct ucred *peer, enum wire_op op,
        const char *rel, uint64_t age_ms)
{
	struct top *top = arg;
	char url[WIRE_TEXT_MAX], key[KEY_MAX + 1], err[STORE_ERROR_MAX];
	struct object_now now;
	struct remote *r;
	int error;

	/* What others read is theirs. */
	if (top->peer->uid != peer->uid && !peer_is_master(top->peer))
		return;
	objects_now(a, rel, &now);
	r = remote_get(a, rel, &error, err);
	if (r && key_from_rel(key, sizeof key, rel) == 0)
		remote_url(r, key, url, sizeof url);
	else
		snprintf(url, sizeof url, "%s", rel);
	json_object(&top->json, NULL);
	json_number(&top->json, "pid", (uint64_t)peer->pid);
	json_number(&top->json, "uid", peer->uid);
	json_text(&top->json, "op", op_name(op));
	json_text(&top->json, "rel", rel);
	json_text(&top->json, "url", url);
	json_text(&top->json, "state", now.state);
	json_number(&top->json, "done", now.done);
	json_number(&top->json, "total", now.total);
	json_number(&top->json, "fill_ms", now.age_ms);
	json_number(&top->json, "age_ms", age_ms);
	json_object_end(&top->json);
}

/* Of all agents of the process: who began with an earlier configuration waits too. */
static void print_top(struct agent *own, FILE *f, struct top *top)
{
	struct counters sum = {0};
	unsigned clients = 0, objects = 0;

	for (struct agent *a = own->process->agents; a; a = a->earlier) {
		struct counters c = counters_sum(a);

		objects += objects_count(a);
		clients += server_agent(a->server) == a ? server_clients(a->server) : 0;
		if (counters_agent(a->tallies) == a)
			counters_add(&sum, &c);
	}
	top->json = json_begin(f);
	report_agent(&top->json, own);
	json_number(&top->json, "now_ms", boottime_ms());
	json_number(&top->json, "clients", clients);
	json_number(&top->json, "objects", objects);
	for (size_t i = 0; i < counters_count; i++)
		json_number(&top->json, counters_table[i].name, counters_get(&sum, i));
	json_array(&top->json, "waiting");
	for (struct agent *a = own->process->agents; a; a = a->earlier) {
		if (server_agent(a->server) == a)
			server_waiting(a->server, add_waiting, top);
	}
	json_array_end(&top->json);
	json_finish(&top->json);
}

/* What the loop knows by itself. */
static void report_now(
        struct agent *a, enum wire_report what, const struct ucred *peer, struct waiter *w)
{
	struct top top = {.peer = peer};
	FILE *f = report_open();

	if (f && what == WIRE_REPORT_TOP) {
		print_top(a, f, &top);
	} else if (f) {
		top.json = json_begin(f);
		report_agent(&top.json, a);
		json_finish(&top.json);
	}
	report_answer(w, f);
}

void report_ask(struct agent *a, enum wire_report what, const struct ucred *peer, struct waiter *w)
{
	if (what == WIRE_REPORT_TOP || what == WIRE_REPORT_AGENT)
		report_now(a, what, peer, w);
	else if (what == WIRE_REPORT_DF)
		report_df(a, w);
	else
		pins_report(a, w);
}

void report_status(const struct agent *a, char *out, size_t size)
{
	struct counters n = counters_sum(a);

	snprintf(out, size,
	        "pid=%d uptime_s=%llu clients=%u opens=%llu hits=%llu misses=%llu fills=%llu "
	        "filled_bytes=%llu revalidated=%llu stale=%llu stats=%llu lists=%llu errors=%llu "
	        "evicted=%llu cache_bytes=%llu local_bytes=%llu writable=%d",
	        (int)getpid(), (unsigned long long)(boottime_ms() - a->started) / 1000,
	        server_clients(a->server), (unsigned long long)n.opens, (unsigned long long)n.hits,
	        (unsigned long long)n.misses, (unsigned long long)n.fills,
	        (unsigned long long)n.filled_bytes, (unsigned long long)n.revalidated,
	        (unsigned long long)n.stale, (unsigned long long)n.stats,
	        (unsigned long long)n.lists, (unsigned long long)n.errors,
	        (unsigned long long)n.evicted, (unsigned long long)space_used(a->space),
	        (unsigned long long)(a->local ? space_used(a->local->space) : 0),
	        a->layout.writable);
}
