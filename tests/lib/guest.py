"""Commands for a guest of tests/lib/guests.sh, which has no other way in.

guest.py serve ADDRESS             runs in the guest: each connection is a command
guest.py run ADDRESS CMD ARG...    runs the command there, with this environment, its output and its status; no input

A command and what it has started in its session ends when its connection does.

On the wire: the asker sends one line of JSON, [environment, argv]. The answer is of pieces: a letter (o: output, e: errors, s: status),
four bytes of length, and as many bytes.
"""
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

PORT = 7000
PIECE = 65536
TRIES = 600  # of 50 ms: a guest may be booting


def send(lock, connection, letter, data):
    with lock:
        connection.sendall(letter + struct.pack(">I", len(data)) + data)


def pump(lock, connection, letter, pipe):
    try:
        while data := os.read(pipe.fileno(), PIECE):
            send(lock, connection, letter, data)
    except OSError:
        pass


def watch(connection, process):
    """The asker says nothing more; when it goes, the command goes."""
    try:
        connection.recv(1)
    except OSError:
        pass
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)


def handle(connection):
    with connection, connection.makefile("rb") as lines:
        environment, argv = json.loads(lines.readline())
        lock = threading.Lock()
        try:
            process = subprocess.Popen(
                argv, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
        except OSError as error:
            send(lock, connection, b"e", f"{argv[0]}: {error}\n".encode())
            send(lock, connection, b"s", b"127")
            return
        pumps = [threading.Thread(target=pump, args=(lock, connection, letter, pipe), daemon=True)
                 for letter, pipe in ((b"o", process.stdout), (b"e", process.stderr))]
        for thread in pumps:
            thread.start()
        threading.Thread(target=watch, args=(connection, process), daemon=True).start()
        for thread in pumps:
            thread.join()
        status = process.wait()
        try:
            send(lock, connection, b"s", str(status if status >= 0 else 128 - status).encode())
        except OSError:
            pass


def serve(address):
    listener = socket.create_server((address, PORT), backlog=64)
    while True:
        threading.Thread(target=handle, args=(listener.accept()[0],), daemon=True).start()


def connect(address):
    for _ in range(TRIES):
        try:
            return socket.create_connection((address, PORT), timeout=5)
        except OSError:
            time.sleep(0.05)
    sys.exit("guest.py: no answer from " + address)


def run(address, argv):
    connection = connect(address)
    connection.settimeout(None)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BASH_FUNC_")}
    connection.sendall(json.dumps([environment, argv]).encode() + b"\n")
    stream = connection.makefile("rb")
    while head := stream.read(5):
        data = stream.read(struct.unpack(">I", head[1:])[0])
        if head[:1] == b"s":
            sys.exit(int(data))
        out = sys.stdout if head[:1] == b"o" else sys.stderr
        out.buffer.write(data)
        out.flush()
    sys.exit(255)


if sys.argv[1] == "serve":
    serve(sys.argv[2])
else:
    run(sys.argv[2], sys.argv[3:])
