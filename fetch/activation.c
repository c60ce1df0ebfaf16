#include "fetch/activation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define FIRST_FD 3 /* SD_LISTEN_FDS_START */

static long number_of(const char *name)
{
	const char *text = getenv(name);
	char *end;
	long value = text && *text ? strtol(text, &end, 10) : 0;

	return value > 0 && !*end ? value : 0;
}

static bool listens_at(int fd, const char *path)
{
	struct sockaddr_un addr = {0};
	socklen_t size = sizeof addr;
	int type = 0, listens = 0;
	socklen_t int_size = sizeof(int);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &int_size) == 0 &&
	       type == SOCK_SEQPACKET &&
	       getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &int_size) == 0 && listens &&
	       getsockname(fd, (struct sockaddr *)&addr, &size) == 0 &&
	       addr.sun_family == AF_UNIX &&
	       strncmp(addr.sun_path, path, sizeof addr.sun_path) == 0;
}

int activation_socket(const char *path)
{
	long pid = number_of("LISTEN_PID"), count = number_of("LISTEN_FDS");

	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (pid != getpid() || !count)
		return -ENOENT;
	if (count != 1 || !listens_at(FIRST_FD, path))
		return -EINVAL;
	fcntl(FIRST_FD, F_SETFD, FD_CLOEXEC);
	fcntl(FIRST_FD, F_SETFL, fcntl(FIRST_FD, F_GETFL) | O_NONBLOCK);
	return FIRST_FD;
}
