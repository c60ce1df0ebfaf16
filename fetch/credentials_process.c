/*
 * `credential_process`: a program that prints keys.
 *
 * Follows the AWS SDKs reference guide, "Process credential provider". The command is split into
 * words here and run without a shell, in a group of its own that is ended when its time is over;
 * what it says on stderr is nobody's.
 */
#include "fetch/credentials_parts.h"

#include "cache/read/validity.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <openssl/crypto.h>

#define OUTPUT_MAX (64 << 10)
#define WORDS_MAX  64
#define WAIT_MS    10 /* between two looks at whether it has ended */

extern char **environ;

/* Splits a command as a shell would, without expanding anything: quotes and backslashes. The words
 * are in `text` itself. The number of words, or -EINVAL. */
static int split(char *text, char *words[WORDS_MAX + 1])
{
	char *out = text, quote = 0;
	bool in = false;
	int n = 0;

	for (char *c = text; *c; c++) {
		char here = *c;

		if (!quote && strchr(" \t", here)) {
			if (in)
				*out++ = '\0';
			in = false;
			continue;
		}
		if (!in) {
			if (n == WORDS_MAX)
				return -EINVAL;
			words[n++] = out;
			in = true;
		}
		if (here == quote) {
			quote = 0;
		} else if (!quote && strchr("\"'", here)) {
			quote = here;
		} else {
			if (here == '\\' &&
			        (!quote || (quote == '"' && c[1] && strchr("\\\"$`", c[1]))))
				here = *++c;
			if (!here)
				return -EINVAL;
			*out++ = here;
		}
	}
	*out = '\0';
	words[n] = NULL;
	return quote || !n ? -EINVAL : n;
}

/* Starts it with its output in *fd. 0 or -errno. */
static int start(char **words, pid_t *pid, int *fd)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;
	sigset_t none, all;
	int pipe_fds[2], err;

	if (pipe2(pipe_fds, O_CLOEXEC))
		return -errno;
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&how);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, pipe_fds[1], 1);
	posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addclosefrom_np(&files, 3);
	posix_spawnattr_setsigmask(&how, &none);
	posix_spawnattr_setsigdefault(&how, &all);
	posix_spawnattr_setpgroup(&how, 0);
	posix_spawnattr_setflags(
	        &how, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
	err = posix_spawnp(pid, words[0], &files, &how, words, environ);
	posix_spawnattr_destroy(&how);
	posix_spawn_file_actions_destroy(&files);
	close(pipe_fds[1]);
	*fd = pipe_fds[0];
	if (err)
		close(*fd);
	return -err;
}

/* Reads what it prints, to its end. 0, -ETIMEDOUT or -EFBIG. */
static int read_output(int fd, uint64_t deadline, char *out, size_t *len)
{
	for (*len = 0;;) {
		uint64_t now = boottime_ms();
		struct pollfd p = {.fd = fd, .events = POLLIN};
		ssize_t n;

		if (now >= deadline)
			return -ETIMEDOUT;
		if (poll(&p, 1, (int)(deadline - now)) <= 0)
			continue;
		n = read(fd, out + *len, OUTPUT_MAX - *len);
		if (n == 0)
			return 0;
		if (n > 0)
			*len += (size_t)n;
		if (*len == OUTPUT_MAX)
			return -EFBIG;
	}
}

/* Waits until it has ended, or ends it, and whatever it has started in its group. Its status as
 * waitpid has it; -1 if it was ended. */
static int end(pid_t pid, uint64_t deadline)
{
	siginfo_t ended = {0};
	bool late = false;
	int status = 0;

	/* It stays a zombie for now, so that the number of the group is still its own. */
	while (waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	        !ended.si_pid && !late) {
		late = boottime_ms() >= deadline;
		nanosleep(&(struct timespec){.tv_nsec = WAIT_MS * 1000000L}, NULL);
	}
	kill(-pid, SIGKILL);
	waitpid(pid, &status, 0);
	return late ? -1 : status;
}

/* Runs it. 0 with its output, or -errno with a message. */
static int run(struct search *s, char **words, const char *where, char *out, size_t *len)
{
	int fd = -1, status, err;
	pid_t pid;

	err = start(words, &pid, &fd);
	if (err)
		return credentials_fail(
		        s, -EACCES, "%s: %.120s: %s", where, words[0], strerror(-err));
	err = read_output(fd, s->deadline, out, len);
	close(fd);
	status = end(pid, err ? 0 : s->deadline);
	if (err == -EFBIG)
		return credentials_fail(s, -EACCES, "%s: it prints too much", where);
	if (err || status == -1)
		return credentials_fail(s, -EIO,
		        "%s: it was not done within %d s, and was ended; run it by hand", where,
		        LOGIN_MS / 1000);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return credentials_fail(s, -EACCES, "%s: it failed, with %s %d; run it by hand",
		        where, WIFEXITED(status) ? "status" : "signal",
		        WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	return 0;
}

static int ask_process(
        struct search *s, const struct section *t, const char *name, struct credentials *out)
{
	static const char *const names[4] = {
	        "AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"};
	char text[CREDENTIALS_VALUE_MAX + 1], *words[WORDS_MAX + 1], version[8];
	char where[CREDENTIALS_SOURCE_MAX + 1];
	struct login_answer a = {.body = malloc(OUTPUT_MAX + 1)};
	int err = a.body ? 0 : credentials_fail(s, -ENOMEM, "out of memory");

	snprintf(where, sizeof where, "credential_process of [%.60s]", name);
	snprintf(text, sizeof text, "%s", t->process);
	if (!err && split(text, words) < 0)
		err = credentials_fail(s, -EINVAL,
		        "%s: a quote is not closed, or there are more than %d words", where,
		        WORDS_MAX);
	if (!err)
		err = run(s, words, where, a.body, &a.len);
	if (!err) {
		a.body[a.len] = '\0';
		if (login_json(a.body, a.len, "Version", version, sizeof version) ||
		        strcmp(version, "1"))
			err = credentials_fail(
			        s, -EACCES, "%s: what it prints is not of Version 1", where);
		else
			err = credentials_take_json(s, out, &a, names, where);
	}
	if (a.body)
		OPENSSL_cleanse(a.body, OUTPUT_MAX);
	free(a.body);
	return err;
}

int credentials_process(struct search *s, const char *name, struct credentials *out)
{
	struct section *t;
	int err;

	t = section_get(s, name, &err);
	if (!t)
		return err;
	if (*t->process)
		err = s->deadline ? ask_process(s, t, name, out) : -EAGAIN;
	section_free(t);
	return err;
}
