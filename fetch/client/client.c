#include "fetch/client/client.h"
#include "cache/read/sys.h"

#include <stddef.h>
#include <string.h>
#include <sys/un.h>

#define CLIENT_DIR_MAX        256 /* bytes of a runtime folder's path */
#define CLIENT_AGAIN_MAX      3   /* times that a question is asked again */
#define CLIENT_AGAIN_PAUSE_MS 20  /* before the second of them, and twice that before the third */

int client_system_uid(const struct client *c)
{
	static _Atomic int known = -1;
	size_t n = strlen(c->runtime_dir);
	char parent[CLIENT_DIR_MAX];
	struct stat st;
	int err;

	if (known >= 0)
		return known;
	if (n >= sizeof parent)
		return -ENAMETOOLONG;
	memcpy(parent, c->runtime_dir, n + 1);
	*strrchr(parent, '/') = 0;
	err = sys_fstatat(AT_FDCWD, *parent ? parent : "/", &st, 0);
	if (!err && (st.st_uid != 0 || (st.st_mode & 022)))
		err = -EACCES;
	if (!err)
		err = sys_fstatat(AT_FDCWD, c->runtime_dir, &st, AT_SYMLINK_NOFOLLOW);
	if (!err && (!S_ISDIR(st.st_mode) || (st.st_mode & 022)))
		err = -EACCES;
	if (!err)
		known = (int)st.st_uid;
	return err ? err : (int)st.st_uid;
}

static int check_peer(const struct client *c, int sock)
{
	struct ucred cred;
	socklen_t len = sizeof cred;
	int err = sys_getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &cred, &len);

	if (err < 0)
		return err;
	if (cred.uid == sys_getuid() || cred.uid == 0)
		return 0;
	return c->system && client_system_uid(c) == (int)cred.uid ? 0 : -EACCES;
}

int client_connect(const struct client *c, bool nonblocking)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	size_t n = strlen(c->runtime_dir);
	int sock, err;

	if (n + sizeof "/" WIRE_SOCKET > sizeof addr.sun_path)
		return -ENAMETOOLONG;
	memcpy(addr.sun_path, c->runtime_dir, n);
	memcpy(addr.sun_path + n, "/" WIRE_SOCKET, sizeof "/" WIRE_SOCKET);
	sock = sys_socket(
	        AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | (nonblocking ? SOCK_NONBLOCK : 0), 0);
	if (sock < 0)
		return sock;
	do
		err = sys_connect(sock, &addr, sizeof addr);
	while (err == -EINTR);
	if (!err)
		err = check_peer(c, sock);
	if (err) {
		sys_close(sock);
		return err;
	}
	return sock;
}

struct wire_request client_request(const struct client *c, enum wire_op op, size_t len)
{
	return (struct wire_request){
	        .magic = WIRE_MAGIC,
	        .version = WIRE_VERSION,
	        .op = (uint16_t)op,
	        .config = c->config,
	        .run = c->run,
	        .len = (uint32_t)len,
	        .flags = c->offline && op <= WIRE_USED ? WIRE_OFFLINE : 0,
	};
}

int client_send_request(int sock, const struct wire_request *req, const char *rel)
{
	struct iovec iov[2] = {
	        {.iov_base = (void *)req, .iov_len = sizeof *req},
	        {.iov_base = (void *)rel, .iov_len = req->len},
	};
	struct msghdr msg = {.msg_iov = iov, .msg_iovlen = 2};
	long n;

	do
		n = sys_sendmsg(sock, &msg, MSG_NOSIGNAL);
	while (n == -EINTR);
	return n < 0 ? (int)n : 0;
}

int client_send(const struct client *c, int sock, enum wire_op op, const char *rel, size_t len)
{
	struct wire_request req = client_request(c, op, len);

	return client_send_request(sock, &req, rel);
}

/* The descriptor of a received message, or -1; -EMFILE if the kernel had to drop it. */
static int take_fd(struct msghdr *msg)
{
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg);
	int fd = -1;

	if (cmsg && cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SCM_RIGHTS &&
	        cmsg->cmsg_len == CMSG_LEN(sizeof fd))
		memcpy(&fd, CMSG_DATA(cmsg), sizeof fd);
	if (fd < 0 && (msg->msg_flags & MSG_CTRUNC))
		return -EMFILE;
	return fd;
}

int client_receive(int sock, struct wire_reply *reply, int *fd, char *text)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov[2] = {
	        {.iov_base = reply, .iov_len = sizeof *reply},
	        {.iov_base = text, .iov_len = WIRE_TEXT_MAX},
	};
	struct msghdr msg = {.msg_iov = iov,
	        .msg_iovlen = text ? 2 : 1,
	        .msg_control = &control,
	        .msg_controllen = sizeof control};
	long n;
	int got;

	/* The whole length is told, also of a text that is not wanted. */
	do
		n = sys_recvmsg(sock, &msg, MSG_CMSG_CLOEXEC | MSG_TRUNC);
	while (n == -EINTR);
	if (n < 0)
		return (int)n;
	got = take_fd(&msg);
	if (n == 0 || !wire_reply_valid(reply, (size_t)n) ||
	        n > (long)(sizeof *reply + WIRE_TEXT_MAX) || (got >= 0 && !fd)) {
		if (got >= 0)
			sys_close(got);
		return n == 0 ? -EPIPE : -EPROTO;
	}
	if (text)
		text[reply->text_len] = 0;
	if (fd)
		*fd = got;
	return got == -EMFILE ? -EMFILE : 0;
}

/* The socket had the lowest free number, which open() promises for the result. */
static int take_lowest(int fd)
{
	int low = sys_fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (low < 0)
		return fd;
	if (low > fd) {
		sys_close(low);
		return fd;
	}
	sys_close(fd);
	return low;
}

static int ask_once(const struct client *c, enum wire_op op, const char *rel, size_t len,
        struct wire_reply *reply, int *fd, char *text)
{
	int got = -1, err, sock = client_connect(c, false);

	if (c->agent && (sock == -ENOENT || sock == -ECONNREFUSED))
		sock = client_start_agent(c);
	if (sock < 0)
		return sock;
	err = client_send(c, sock, op, rel, len);
	if (!err)
		err = client_receive(sock, reply, fd ? &got : NULL, text);
	sys_close(sock);
	if (fd)
		*fd = got >= 0 ? take_lowest(got) : -1;
	return err;
}

int client_ask(const struct client *c, enum wire_op op, const char *rel, size_t len,
        struct wire_reply *reply, int *fd, char *text)
{
	int err = ask_once(c, op, rel, len, reply, fd, text);

	/* The agent went while it worked on this: the next one has not been asked yet. One that is
	 * just being killed may take a question more; but it may be the question that ends agents.
	 */
	for (int i = 0;
	        i < CLIENT_AGAIN_MAX && (err == -EPIPE || err == -ECONNRESET) && op <= WIRE_LIST;
	        i++) {
		sys_sleep_ms(i * CLIENT_AGAIN_PAUSE_MS);
		err = ask_once(c, op, rel, len, reply, fd, text);
	}
	return err;
}

int client_note_use(const struct client *c, const char *rel, size_t len)
{
	int sock = client_connect(c, true), err;

	if (sock < 0)
		return sock;
	err = client_send(c, sock, WIRE_USED, rel, len);
	sys_close(sock);
	return err;
}
