"""wire_peer.py fake PATH UID: an agent of UID at PATH, which answers every open with an error of its own, and says "ready".
wire_peer.py ask PATH HEX…: sends the packets, each on a connection of its own, and says for each what came back: "closed", or the error.
wire_peer.py crowd PATH N: N connections that say nothing, until it is killed; it says when the last one was closed."""
import os, resource, select, socket, struct, sys


def fake(path, uid):
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(path)
    os.chmod(path, 0o666)
    os.setgroups([])
    os.setgid(int(uid))
    os.setuid(int(uid))
    listener.listen(16)
    print("ready", flush=True)
    while True:
        with listener.accept()[0] as peer:
            if peer.recv(65536):
                print("asked", flush=True)


def ask(path, packets):
    for packet in packets:
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
            s.settimeout(30)
            s.connect(path)
            s.send(bytes.fromhex(packet))
            answer = s.recv(65536)
            print(struct.unpack_from("<i", answer, 8)[0] if answer else "closed")


def crowd(path, n):
    resource.setrlimit(resource.RLIMIT_NOFILE, [resource.getrlimit(resource.RLIMIT_NOFILE)[1]] * 2)
    peers = [socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in range(int(n))]
    for s in peers:
        s.connect(path)
    peers[-1].settimeout(30)
    print("open" if peers[-1].recv(1) else "closed", flush=True)
    select.select([], [], [])


if sys.argv[1] == "fake":
    fake(*sys.argv[2:])
elif sys.argv[1] == "crowd":
    crowd(*sys.argv[2:])
else:
    ask(sys.argv[2], sys.argv[3:])
