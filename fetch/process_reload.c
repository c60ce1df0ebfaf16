#include "fetch/process_parts.h"
#include "cache/access.h"
#include "cache/share.h"
#include "fetch/metrics.h"
#include "fetch/object.h"
#include "fetch/trust.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

__attribute__((format(printf, 3, 4))) static int say(
        char text[static PROCESS_TEXT_MAX], int error, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, PROCESS_TEXT_MAX, format, ap);
	va_end(ap);
	return error;
}

/* Whether it wants a process of another user, or with another place for all. */
static bool is_another(const struct config *old, const struct config *new)
{
	return share_umask(new) != share_umask(old) || new->cache.system != old->cache.system ||
	       (new->cache.system &&
	               (strcmp(new->runtime_dir, old->runtime_dir) != 0 ||
	                       strcmp(new->cache.location, old->cache.location) != 0));
}

/* Whether this process can have it too. */
static int check(
        const struct process *p, const struct config *new, char text[static PROCESS_TEXT_MAX])
{
	struct metrics_address address;
	unsigned n = 0;

	for (const struct agent *a = p->agents; a; a = a->earlier)
		n++;
	if (new->error[0])
		return say(text, -EINVAL, "%s", new->error);
	/* What the record names is known by the names of the configuration that it was read with.
	 */
	if (*p->agents->config->replay)
		return say(text, -EBUSY,
		        "an agent that replays a record keeps its configuration; end the agent and "
		        "run it again");
	if (*new->cache.metrics && metrics_parse(new->cache.metrics, &address) != 0)
		return say(text, -EINVAL, "%s:%d: metrics is neither unix:/path nor 127.0.0.1:port",
		        new->file, new->lines[SETTING_INDEX_cache_metrics]);
	if (trust_path(new->file, false, text))
		return -EINVAL;
	if (is_another(p->agents->config, new))
		return say(text, -EBUSY,
		        "who shares the cache has changed, or a system agent's folders; end the "
		        "agent and start it again");
	if (n >= PROCESS_AGENTS_MAX || p->reloads >= PROCESS_RELOADS_MAX)
		return say(text, -EBUSY,
		        "%u earlier configurations are still in use; try again later, or start the "
		        "agent again",
		        n - 1);
	return 0;
}

/* Puts an agent that is there in front. */
static int put_in_force(struct process *p, struct agent *a, char text[static PROCESS_TEXT_MAX])
{
	struct agent **at = &p->agents;

	if (a == p->agents)
		return say(text, 0, "nothing has changed");
	if (a->leaving || !process_owns_server(a))
		return say(text, -EBUSY, "the agent of that configuration is leaving; try again");
	/* The later one may have let others in. */
	if (a->access && access_gate(a->access, &a->layout, text) < 0)
		return -EACCES;
	while (*at != a)
		at = &(*at)->earlier;
	*at = a->earlier;
	a->earlier = p->agents;
	p->agents = a;
	metrics_start(p);
	return say(text, 0, "an earlier configuration is in force again");
}

static int load(struct process *p, struct config *new, char text[static PROCESS_TEXT_MAX])
{
	char err[LAYOUT_ERROR_MAX] = "out of memory";
	struct agent *a = process_agent_new(p, new);
	unsigned busy = objects_count(p->agents);
	int ret = a ? agent_open(a, p->agents, p->background, err) : -ENOMEM;

	if (ret == -EWOULDBLOCK) {
		layout_close(&a->layout);
		free(a);
		return say(text, 1, "another agent serves the new configuration already");
	}
	if (ret) {
		if (a)
			process_put_away(p, a);
		return say(text, ret, "%s", err);
	}
	a->earlier = p->agents;
	p->agents = a;
	p->reloads++;
	metrics_start(p);
	return say(text, 0,
	        "the new configuration is in force; downloads that go on under the earlier one: %u",
	        busy);
}

int process_reload(struct process *p, char text[static PROCESS_TEXT_MAX])
{
	struct config *new = calloc(1, sizeof *new);
	struct agent *known;
	int ret;

	if (!new)
		return say(text, -ENOMEM, "out of memory");
	config_load(new, environ);
	known = new->error[0] ? NULL : process_agent(p->agents, new->hash);
	ret = known ? put_in_force(p, known, text) : check(p, new, text);
	if (known || ret)
		free(new);
	else if ((ret = load(p, new, text)) > 0)
		free(new);
	agent_log(p->agents, "configuration read again: %s%s", text,
	        ret < 0 ? "; the old one stays in force" : "");
	return ret < 0 ? ret : 0;
}
