"""database.py ROOT: a database opened in every way in which one is read, and a server of files."""
import http.server
import sqlite3
import sys
import threading
import urllib.error
import urllib.request

root = sys.argv[1]
for uri in ("?mode=ro", "?immutable=1", "?mode=rw", ""):
    try:
        db = sqlite3.connect(f"file:{root}/db.sqlite{uri}", uri=True)
        print(uri, db.execute("select count(*), max(b) from t where a > 100").fetchall(), db.execute("pragma integrity_check").fetchall())
        db.execute("insert into t values (1, 2)")
    except sqlite3.Error as e:
        print(uri, e)


class Handler(http.server.SimpleHTTPRequestHandler):
    def __init__(self, *args):
        super().__init__(*args, directory=root)

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
for path in ("big", "deep/", "deep", "with%20space.txt", "missing"):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/{path}") as reply:
            body = reply.read()
            print(path, reply.status, len(body), reply.headers["Content-Type"], reply.headers["Last-Modified"], body.count(b"<li>"))
    except urllib.error.HTTPError as e:
        print(path, e.code)
with urllib.request.urlopen(f"file://{root}/script") as reply:
    print(reply.read())
server.shutdown()
