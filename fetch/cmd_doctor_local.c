/* What `larder doctor` finds on this host: configuration, preload, program, agent, cache. */
#include "fetch/cmd_doctor.h"
#include "cache/fold.h"
#include "fetch/cmd_program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define LOADER_SAYS_MAX 512
#define TRIAL_XATTR     "user.larder.doctor"

static bool has_secrets(const struct config *c)
{
	for (int i = 0; i < c->n_profiles; i++) {
		if (*c->profiles[i].secret_access_key || *c->profiles[i].session_token)
			return true;
	}
	return false;
}

void doctor_configuration(struct doctor *d)
{
	const struct config *c = d->config;
	struct stat st;

	if (c->error[0])
		doctor_say(d, VERDICT_FAIL, "configuration",
		        "%s (until then virtual paths fail with EIO, and the rest of this report "
		        "is a guess)",
		        c->error);
	else if (!*c->file)
		doctor_say(d, VERDICT_OK, "configuration",
		        "no larder.ini: every default, virtual URLs only");
	else
		doctor_say(
		        d, VERDICT_OK, "configuration", "%s, profiles: %d", c->file, c->n_profiles);
	if (*c->file && has_secrets(c) && stat(c->file, &st) == 0 && (st.st_mode & 077))
		doctor_say(d, VERDICT_WARN, "configuration",
		        "%s holds a secret and others can read it; chmod 600 %s", c->file, c->file);
}

/* Runs a small program under the preload: the loader complains on stderr where it cannot take it.
 */
static int try_preload(const char *shim, char said[static LOADER_SAYS_MAX])
{
	char program[PROGRAM_PATH_MAX], *argv[] = {"true", NULL};
	ssize_t n, len = 0;
	int ends[2], status = 0;
	pid_t pid;

	if (program_find(argv[0], program) != 0)
		return 0;
	if (pipe2(ends, O_CLOEXEC) != 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		dup2(ends[1], STDERR_FILENO);
		if (setenv("LD_PRELOAD", shim, 1) == 0)
			execv(program, argv);
		_exit(CMD_NOT_RUNNABLE);
	}
	close(ends[1]);
	while (len < LOADER_SAYS_MAX - 1 &&
	        (n = read(ends[0], said + len, LOADER_SAYS_MAX - 1 - (size_t)len)) > 0)
		len += n;
	said[len] = 0;
	close(ends[0]);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -EAGAIN;
	return status ? -EIO : 0;
}

void doctor_shim(struct doctor *d)
{
	char path[PROGRAM_PATH_MAX], said[LOADER_SAYS_MAX] = "";
	int err = program_find_shim(path);

	if (err == -EINVAL)
		doctor_say(d, VERDICT_FAIL, "preload",
		        "%s: LD_PRELOAD cannot hold ':' or ' '; install larder elsewhere", path);
	else if (err)
		doctor_say(d, VERDICT_FAIL, "preload",
		        "%s: not found; install liblarder.so beside larder, or name it by "
		        "LARDER_SHIM",
		        path);
	else if ((err = try_preload(path, said)) || *said)
		doctor_say(d, VERDICT_FAIL, "preload",
		        "%s: cannot be loaded: %s; install larder's own build for this system",
		        path, *said ? said : strerror(-err));
	else
		doctor_say(d, VERDICT_OK, "preload", "%s", path);
}

/* The socket's folder decides who can ask whom; the shim refuses one that is not private. */
static bool check_runtime(struct doctor *d)
{
	char base[CONFIG_PATH_MAX];
	char *end;
	struct stat st;

	if (d->config->cache.system) {
		if (client_system_uid(&d->client) >= 0)
			return true;
		doctor_say(d, VERDICT_FAIL, "agent",
		        "%s: must be a folder of the system agent's user, in one of root's, and "
		        "nobody else's to write; systemd-tmpfiles --create && systemctl start "
		        "larder.socket",
		        d->config->runtime_dir);
		return false;
	}
	snprintf(base, sizeof base, "%s", d->config->runtime_dir);
	end = strrchr(base, '/');
	if (end)
		*end = 0;
	if (lstat(base, &st) != 0)
		return errno == ENOENT;
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 022)) {
		doctor_say(d, VERDICT_FAIL, "agent",
		        "%s: must be a folder of user %u that nobody else can write (it is of user "
		        "%u, mode %04o); remove it",
		        base, (unsigned)geteuid(), (unsigned)st.st_uid,
		        (unsigned)(st.st_mode & 07777));
		return false;
	}
	return true;
}

void doctor_agent(struct doctor *d)
{
	char text[WIRE_TEXT_MAX + 1];
	const char *bytes, *log = *d->config->cache.log ? d->config->cache.log : "agent.log";
	struct wire_reply reply;
	int err, sock, pid = 0;
	bool running;

	if (!check_runtime(d))
		return;
	sock = client_connect(&d->client, false);
	running = sock >= 0;
	if (running)
		close(sock);
	err = client_ask(&d->client, WIRE_STATUS, "", 0, &reply, NULL, text);
	if (err && d->config->cache.system) {
		doctor_say(d, VERDICT_FAIL, "agent",
		        "none answers in %s (%s); systemctl start larder.socket, and journalctl -u "
		        "larder says why it ended",
		        d->config->runtime_dir, strerror(-err));
		return;
	}
	if (err) {
		doctor_say(d, VERDICT_FAIL, "agent",
		        "none answers in %s, and none could be started (%s); try 'larder agent', "
		        "or see %s there",
		        d->config->runtime_dir, cmd_why_no_agent(d->config, err), log);
		return;
	}
	d->agent = true;
	bytes = strstr(text, "cache_bytes=");
	if (bytes)
		d->used = strtoull(bytes + strlen("cache_bytes="), NULL, 10);
	if (strncmp(text, "pid=", 4) == 0)
		pid = (int)strtol(text + 4, NULL, 10);
	/* The folder's name is made from the version too: another version's agent is never met. */
	doctor_say(d, VERDICT_OK, "agent", "process %d, version %s, %s, in %s", pid, cmd_version,
	        running ? "was running" : "started now", d->config->runtime_dir);
	if (strstr(text, "writable=0"))
		doctor_say(d, VERDICT_WARN, "agent",
		        "cannot write the cache: every open downloads the object again");
}

/* A file of our own in the cache, without a name where that is possible. */
static int open_trial(const char *location)
{
	char path[CONFIG_PATH_MAX + 32];
	int fd = open(location, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
		return fd >= 0 ? fd : -errno;
	snprintf(path, sizeof path, "%s/doctor.XXXXXX", location);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	unlink(path);
	return fd;
}

static void check_features(struct doctor *d, int fd)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};
	const char *location = d->config->cache.location;

	if (fsetxattr(fd, TRIAL_XATTR, "1", 1, 0) != 0)
		doctor_say(d, VERDICT_WARN, "cache",
		        "%s keeps no user xattrs (%s): each object needs a file more, and showing "
		        "one "
		        "costs programs more; use another file system",
		        location, strerror(errno));
	if (fcntl(fd, F_OFD_SETLK, &lock) != 0)
		doctor_say(d, VERDICT_WARN, "cache",
		        "%s has no locks (%s): hosts may download the same object twice; mount it "
		        "with locking",
		        location, strerror(errno));
}

static void check_space(struct doctor *d)
{
	const struct config *c = d->config;
	char avail[CMD_TEXT_MAX], size[CMD_TEXT_MAX], used[CMD_TEXT_MAX];
	struct statvfs v;
	uint64_t available;

	if (statvfs(c->cache.location, &v) != 0)
		return;
	available = (uint64_t)v.f_bavail * v.f_frsize;
	cmd_bytes(available, avail);
	cmd_bytes(c->cache.size, size);
	cmd_bytes(d->used, used);
	if (available + d->used < c->cache.size)
		doctor_say(d, VERDICT_WARN, "cache",
		        "%s: %s free and %s in use is less than its size of %s; lower [cache] size",
		        c->cache.location, avail, used, size);
	else
		doctor_say(d, VERDICT_OK, "cache", "%s: writable, %s in use of %s, %s free",
		        c->cache.location, used, size, avail);
}

/* Where the agent made no folder, or there is no agent: whether it could be made. */
static int check_creatable(const char *location)
{
	char path[CONFIG_PATH_MAX];
	struct stat st;

	snprintf(path, sizeof path, "%s", location);
	while (stat(path, &st) != 0) {
		char *slash = strrchr(path, '/');

		if (errno != ENOENT || !slash)
			return -errno;
		if (slash == path)
			slash++;
		*slash = 0;
	}
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	return faccessat(AT_FDCWD, path, W_OK | X_OK, AT_EACCESS) == 0 ? 0 : -errno;
}

/* The agent made the folder data. */
static bool folds(const char *location)
{
	int dir = open(location, O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool seen = dir >= 0 && fold_seen(dir, "data") > 0;

	if (dir >= 0)
		close(dir);
	return seen;
}

void doctor_cache(struct doctor *d)
{
	const char *location = d->config->cache.location;
	int fd = open_trial(location);

	if (fd == -ENOENT) {
		/* An agent makes it when it starts, and did not. */
		int err = d->agent ? -ENOENT : check_creatable(location);

		if (err)
			doctor_say(d, VERDICT_FAIL, "cache",
			        "%s: is not there and cannot be made (%s); set [cache] location",
			        location, strerror(-err));
		else
			doctor_say(d, VERDICT_OK, "cache", "%s: will be made", location);
		return;
	}
	if (fd < 0) {
		doctor_say(d, VERDICT_FAIL, "cache",
		        "%s: cannot be written (%s), so nothing is kept; set [cache] location or "
		        "change its owner",
		        location, strerror(-fd));
		return;
	}
	if (folds(location)) {
		doctor_say(d, VERDICT_FAIL, "cache", FOLD_ERROR, location);
	} else {
		check_features(d, fd);
		check_space(d);
	}
	close(fd);
}
