/* What `larder doctor` finds of a path and its remote. */
#include "fetch/cmd_doctor.h"
#include "fetch/remote.h"
#include "fetch/transfer.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define PROBE_KEY                                                                                  \
	"larder-doctor" /* asked for where nothing better is known; that it is absent is an answer \
	                   too */

bool doctor_target(struct doctor *d, const char *arg, struct target *t)
{
	const struct config *c = d->config;
	char err[TARGET_ERROR_MAX], url[TARGET_URL_MAX];
	const char *sep = strstr(arg, ":/");
	struct stat st;

	if (target_resolve(c, arg, t, err)) {
		doctor_say(d, VERDICT_FAIL, "path", "%s: %s", arg, err);
		return false;
	}
	target_url(t->profile, t->rel, url, sizeof url);
	if (!t->profile->line)
		doctor_say(d, VERDICT_OK, "path",
		        "%s is %s, with every default, for no profile covers it", arg, url);
	else
		doctor_say(d, VERDICT_OK, "path", "%s is %s, by profile %s (%s:%d)", arg, url,
		        t->profile->name, c->file, t->profile->line);
	if (sep && !t->profile->line && !config_has_scheme(c, arg, (size_t)(sep - arg)))
		doctor_say(d, VERDICT_WARN, "path",
		        "programs do not see it: [shim] schemes has no %.*s; add it",
		        (int)(sep - arg), arg);
	if (t->profile->path_len && lstat(t->profile->path, &st) == 0)
		doctor_say(d, VERDICT_WARN, "path",
		        "%s is a real file or folder too, which programs under larder do not see",
		        t->profile->path);
	return true;
}

void doctor_seen(struct doctor *d, const char *arg, const struct target *t)
{
	char text[WIRE_TEXT_MAX + 1], size[CMD_TEXT_MAX];
	struct wire_reply reply;

	if (!d->agent)
		return;
	if (cmd_ask(&d->client, WIRE_STAT, t->rel, &reply, text) != 0)
		doctor_say(d, VERDICT_FAIL, "path", "%s: programs get an error: %s", arg, text);
	else if (reply.type == WIRE_DIR)
		doctor_say(d, VERDICT_OK, "path", "%s: programs see a folder", arg);
	else
		doctor_say(d, VERDICT_OK, "path", "%s: programs see a file of %s", arg,
		        cmd_bytes(reply.size, size));
}

struct probe {
	struct remote remote;
	struct transfer_result result;
	bool done, late;
};

static void on_done(void *arg, const struct transfer_result *r, const struct response *response)
{
	struct probe *p = arg;

	(void)response;
	p->result = *r;
	p->done = true;
}

/* One good answer is all that is wanted; a listing's page need not be read. */
static const struct transfer_handler handler = {.on_done = on_done};

static void on_late(uv_timer_t *timer)
{
	((struct probe *)timer->data)->late = true;
}

static void ask_once(
        struct probe *p, struct transfers *ts, uv_loop_t *loop, const struct store_args *args)
{
	uv_timer_t timer;

	p->done = p->late = false;
	memset(&p->result, 0, sizeof p->result);
	if (!transfer_start(ts, &p->remote, args, &handler, p)) {
		p->result.error = -ENOMEM;
		snprintf(p->result.message, sizeof p->result.message, "out of memory");
		return;
	}
	uv_timer_init(loop, &timer);
	timer.data = p;
	uv_timer_start(&timer, on_late, DOCTOR_WAIT_MS, 0);
	while (!p->done && !p->late)
		uv_run(loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&timer, NULL);
	uv_run(loop, UV_RUN_NOWAIT);
	if (p->done)
		return;
	p->result.error = -ETIMEDOUT;
	snprintf(p->result.message, sizeof p->result.message,
	        "no answer in %d s; check the network", DOCTOR_WAIT_MS / 1000);
}

static void probe_http(struct probe *p, const char *key)
{
	const struct profile *profile = p->remote.profile;
	struct store_args args = {.op = STORE_HEAD, .key = key, .token = ""};
	uv_loop_t *loop = uv_default_loop();
	struct transfers *ts;

	/* Without a name: the listing of the root, or what stands in for it. */
	if (!*key && remote_lists(&p->remote))
		args = (struct store_args){.op = STORE_LIST, .key = "", .token = "", .max_keys = 1};
	else if (!*key)
		args.key = *profile->manifest ? profile->manifest : PROBE_KEY;
	curl_global_init(CURL_GLOBAL_DEFAULT);
	ts = transfers_new(loop, 1, DOCTOR_WAIT_MS, 0);
	if (!ts) {
		p->result.error = -ENOMEM;
		return;
	}
	ask_once(p, ts, loop, &args);
	if (p->result.error && p->result.again)
		ask_once(p, ts, loop, &args);
	/* Of a name that is absent, HEAD does not say whether its bucket is there. */
	if (p->result.error == -ENOENT && args.op == STORE_HEAD && remote_lists(&p->remote)) {
		args = (struct store_args){.op = STORE_LIST, .key = "", .token = "", .max_keys = 1};
		ask_once(p, ts, loop, &args);
	}
	transfers_free(ts);
	uv_run(loop, UV_RUN_NOWAIT);
	/* Where only the name is unknown, the remote did answer. */
	if (p->result.error == -ENOENT && args.op == STORE_HEAD && args.key != profile->manifest)
		p->result.error = 0;
}

static void probe_folder(struct probe *p)
{
	struct object_info info;
	bool is_dir;

	p->result.error =
	        p->remote.ops->stat(p->remote.store, "", &info, &is_dir, p->result.message);
}

static void say_who(struct doctor *d, struct probe *p, const char *url)
{
	char who[STORE_ERROR_MAX] = "", when[CMD_TEXT_MAX];
	int64_t until = p->remote.ops->who(p->remote.store, who);

	if (*who)
		doctor_say(d, VERDICT_OK, "credentials", "%s: %s%s%s", url, who,
		        until ? "; they end at " : "", until ? cmd_time(until, when) : "");
}

void doctor_remote(struct doctor *d, const struct profile *profile, const char *rel)
{
	static struct probe p;
	char key[KEY_MAX + 1], url[TARGET_URL_MAX];
	uint64_t begun = cmd_now_ms();

	memset(&p, 0, sizeof p);
	target_url(profile, profile->dir, url, sizeof url);
	if (cmd_why_offline(profile)) {
		doctor_say(d, VERDICT_OK, "remote",
		        "%s is not asked: %s; what is cached is served however old, and the rest "
		        "is ENETUNREACH",
		        url, cmd_why_offline(profile));
		return;
	}
	width_init(&p.remote.width, 1);
	if (!store_for(profile) || key_from_rel(key, sizeof key, rel) != 0)
		return;
	p.result.error = remote_open(&p.remote, d->config, profile, p.result.message);
	if (!p.result.error) {
		if (p.remote.ops->request)
			probe_http(&p, key);
		else
			probe_folder(&p);
		if (p.remote.ops->who && !p.remote.login.busy)
			say_who(d, &p, url);
		/* One that still logs in is left to the end of the process. */
		if (!p.remote.login.busy)
			p.remote.ops->close(p.remote.store);
	}
	if (p.result.error)
		doctor_say(d, VERDICT_FAIL, "remote", "%s does not serve us: %s (%s)", url,
		        p.result.message, strerror(-p.result.error));
	else
		doctor_say(d, VERDICT_OK, "remote", "%s answers, in %llu ms", url,
		        (unsigned long long)(cmd_now_ms() - begun));
}
