#include "fetch/cmd.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define EXE_MAX     4096
#define MESSAGE_MAX 4096

const char cmd_version[] = LARDER_VERSION;

/* Set once, by cmd_config_try. */
static struct config config;
static bool loaded;

void cmd_print_safe(FILE *f, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		putc((unsigned char)text[i] < ' ' || text[i] == 0x7f ? '?' : text[i], f);
}

void cmd_print_line(FILE *f, const char *head, const char *text)
{
	char line[MESSAGE_MAX];
	size_t n = 0;

	for (const char *p = head; *p && n < sizeof line - 1; p++)
		line[n++] = *p;
	for (const char *p = text; *p && n < sizeof line - 1; p++)
		line[n++] = (unsigned char)*p < ' ' || *p == 0x7f ? '?' : *p;
	line[n++] = '\n';
	fwrite(line, 1, n, f);
}

const struct config *cmd_config_try(void)
{
	if (!loaded)
		config_load(&config, environ);
	loaded = true;
	return &config;
}

const struct config *cmd_config_load(void)
{
	const struct config *c = cmd_config_try();

	if (!c->error[0])
		return c;
	cmd_error("%s", c->error);
	return NULL;
}

void cmd_client(struct client *c, const struct config *conf, uint64_t run)
{
	static char exe[EXE_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);

	exe[n > 0 ? n : 0] = 0;
	*c = (struct client){
	        .runtime_dir = conf->runtime_dir,
	        .agent = n > 0 && !conf->cache.system ? exe : NULL,
	        .env = environ,
	        .config = conf->hash,
	        .run = run,
	        .offline = conf->offline,
	        .system = conf->cache.system,
	};
}

uint64_t cmd_run_id(void)
{
	struct timespec now;
	uint64_t id = 0;

	if (getrandom(&id, sizeof id, GRND_NONBLOCK) == sizeof id && id)
		return id;
	/* Early at boot. It has to differ from those of other runs, and need not be a secret. */
	clock_gettime(CLOCK_MONOTONIC, &now);
	return ((uint64_t)getpid() << 40 ^ (uint64_t)now.tv_sec << 30 ^ (uint64_t)now.tv_nsec) | 1;
}

const char *cmd_why_offline(const struct profile *p)
{
	if (config.offline)
		return "LARDER_OFFLINE is set";
	if (p->offline && config.hf_offline && strcmp(p->scheme, "hf") == 0)
		return "HF_HUB_OFFLINE is set";
	return p->offline ? "offline = true" : NULL;
}

int cmd_ask(const struct client *c, enum wire_op op, const char *rel, struct wire_reply *reply,
        char *text)
{
	int fd = -1, err = client_ask(c, op, rel, strlen(rel), reply, &fd, text);

	if (fd >= 0)
		close(fd);
	if (err) {
		snprintf(text, WIRE_TEXT_MAX + 1,
		        "no agent could be asked (%s); 'larder doctor' says why",
		        cmd_why_no_agent(&config, err));
		return err;
	}
	if (reply->error && !text[0])
		snprintf(text, WIRE_TEXT_MAX + 1, "%s", strerror(-reply->error));
	return reply->error;
}

const char *cmd_why_no_agent(const struct config *conf, int err)
{
	static const char head[] = "larder agent: ";
	static char line[WIRE_TEXT_MAX];
	char path[CONFIG_PATH_MAX];
	FILE *f;

	snprintf(path, sizeof path, "%s/" CMD_AGENT_STDERR, conf->runtime_dir);
	f = fopen(path, "re");
	if (!f || !fgets(line, sizeof line, f))
		snprintf(line, sizeof line, "%s", strerror(-err));
	if (f)
		fclose(f);
	line[strcspn(line, "\n")] = 0;
	return strncmp(line, head, sizeof head - 1) == 0 ? line + sizeof head - 1 : line;
}

struct layout cmd_layout(const struct config *conf)
{
	return (struct layout){
	        .location = conf->cache.location,
	        .runtime = conf->runtime_dir,
	        .location_fd = -1,
	};
}

const char *cmd_bytes(uint64_t n, char out[static CMD_TEXT_MAX])
{
	static const char units[][4] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	double value = (double)n / 1024;
	size_t unit = 0;

	if (n < 1024) {
		snprintf(out, CMD_TEXT_MAX, "%u B", (unsigned)n);
		return out;
	}
	/* 1023.95 would be shown as 1024.0 */
	for (; value >= 1023.95 && unit + 1 < sizeof units / sizeof units[0]; unit++)
		value /= 1024;
	snprintf(out, CMD_TEXT_MAX, "%.1f %s", value, units[unit]);
	return out;
}

const char *cmd_time(int64_t seconds, char out[static CMD_TEXT_MAX])
{
	time_t t = (time_t)seconds;
	struct tm tm;

	if (!gmtime_r(&t, &tm) || !strftime(out, CMD_TEXT_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm))
		snprintf(out, CMD_TEXT_MAX, "%lld", (long long)seconds);
	return out;
}

uint64_t cmd_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}
