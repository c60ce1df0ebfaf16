"""activate.py SOCKET USER CMD…: what systemd does for a socket unit: binds and listens as root, starts CMD as USER with the socket when
somebody comes, and again when it has left and somebody comes. Says "ready" once it listens."""
import os, select, socket, sys

path, user, command = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
listener.bind(path)
os.chmod(path, 0o666)
listener.listen(128)
print("ready", flush=True)
while True:
    select.select([listener], [], [])
    pid = os.fork()
    if pid == 0:
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)
        if listener.fileno() != 3:
            os.dup2(listener.fileno(), 3)
        os.set_inheritable(3, True)
        os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1", LISTEN_FDNAMES="larder.socket")
        os.execv(command[0], command)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    print("left", status, flush=True)
    if status:
        sys.exit(status)
