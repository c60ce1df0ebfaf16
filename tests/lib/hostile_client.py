"""hostile_client.py SOCKET: what a client of the agent must not be able to do any harm with. Says "begun" when the first wave is out, and "ended"."""
import os
import random
import resource
import socket
import struct
import sys
import time

MAGIC, VERSION = 0x7264726C, 1  # fetch/client/wire.h
SUBSCRIBE, OPEN, LIST = 5, 1, 3
AT_ONCE = 10000
SEED = 7


def connect(path):
    """A connection, or None where the agent takes no more for now."""
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.setblocking(False)
    try:
        s.connect(path)
        return s
    except OSError:
        s.close()
        return None


def request(config, op, rel, length=None):
    body = rel.encode()
    return struct.pack("=IHHQQII", MAGIC, VERSION, op, config, 1, len(body) if length is None else length, 0) + body


def send(s, data):
    try:
        if s:
            s.send(data)
    except OSError:
        pass


def main(path):
    random.seed(SEED)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 2 * AT_ONCE), hard))
    silent = [connect(path) for _ in range(500)]
    print("begun", flush=True)
    held = []
    for i in range(2000):
        s = connect(path)
        config = random.choice((int(path.split("/")[-2], 16), 0))
        good = request(config, random.choice((OPEN, LIST, SUBSCRIBE)), "demo/%d" % i)
        send(s, random.choice((os.urandom(random.randint(1, 200)), good[:random.randint(1, len(good) - 1)], good + b"x", b"",
                               request(config, OPEN, "../../etc/passwd"), request(config, OPEN, "x", 1 << 31), request(config, 99, "x"),
                               request(config, SUBSCRIBE, "") * 3)))
        if random.random() < 0.5:
            held.append(s)  # and never read
        elif s:
            s.close()
    crowd = []
    for _ in range(AT_ONCE):
        crowd.append(connect(path))
        if crowd[-1] is None:
            time.sleep(0.001)
    print("%d of %d connected at once" % (sum(s is not None for s in crowd), AT_ONCE), flush=True)
    time.sleep(2)
    for s in silent + held + crowd:
        if s:
            s.close()
    print("ended", flush=True)


main(sys.argv[1])
