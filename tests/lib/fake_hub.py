#!/usr/bin/env python3
"""fake_hub.py DIR: the Hugging Face Hub and the host that its large files are on, for what no real server can be had for.

Follows the Hub's published client protocol (the pages "Hub API Endpoints" and "Downloading files" of its documentation, and what the
huggingface_hub package expects): /REPOSITORY/resolve/REVISION/PATH, /api/KIND/REPOSITORY/tree/REVISION/PATH with a `Link` to the next page,
X-Repo-Commit, X-Linked-Etag, X-Linked-Size, X-Error-Code, bearer tokens. Not here: uploads, Xet, `expand`, renamed repositories.

DIR/REPOSITORY/COMMIT/… are the files of a commit (40 hexadecimal digits), DIR/REPOSITORY/refs has lines "NAME COMMIT", and a file
DIR/REPOSITORY/private or gated says that it is. Files from 100,000 bytes on are large: sent by a redirect to another port, where an
address holds for its own signature alone, an Authorization header is refused, HEAD is refused, and the ETag is another one.

DIR/port gets the port. DIR/log gets a line a request: HOST METHOD PATH RANGE STATUS. DIR/fail with "N STATUS" makes the next N requests
to the Hub fail so. DIR/REPOSITORY/refs.next takes the place of refs after the next answer with bytes of a file.
With DIR/astray, every revision is answered as `main`.
"""
import hashlib
import hmac
import json
import os
import re
import secrets
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, unquote, urlsplit

LARGE = 100_000
PAGE = 3
TOKEN = "hf_good"
top = sys.argv[1]
secret = secrets.token_bytes(16)
ports = {}
lock = threading.Lock()


def blob_id(data):
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def signature(path):
    return hmac.new(secret, path.encode(), "sha256").hexdigest()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, status, body=b"", headers=()):
        with lock, open(top + "/log", "a") as log:
            log.write(f"{self.host} {self.command} {self.path} {self.headers.get('Range', '-')} {status}\n")
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def answer_file(self, data, headers):
        m = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if not m:
            return self.answer(200, data, headers)
        first, last = int(m[1]), min(int(m[2]), len(data) - 1)
        if first >= len(data):
            return self.answer(416, b"", [("Content-Range", f"bytes */{len(data)}")])
        self.answer(206, data[first : last + 1], [*headers, ("Content-Range", f"bytes {first}-{last}/{len(data)}")])


class Hub(Handler):
    host = "hub"

    def refuse(self, status, code, text):
        self.answer(status, json.dumps({"error": text}).encode(), [("X-Error-Code", code), ("X-Error-Message", text)])

    def is_failing(self):
        try:
            with lock, open(top + "/fail", "r+") as f:
                n, status = map(int, f.read().split())
                if n:
                    f.seek(0)
                    f.truncate()
                    f.write(f"{n - 1} {status}")
                return status if n else 0
        except FileNotFoundError:
            return 0

    def find(self, repository, revision):
        """The folder of a commit and its id; None after an answer."""
        folder = f"{top}/{repository}"
        given = self.headers.get("Authorization")
        if given not in (None, "Bearer " + TOKEN):
            return self.refuse(401, "", "Invalid credentials in Authorization header")
        if not os.path.isdir(folder) or os.path.exists(folder + "/private") and not given:
            return self.refuse(404 if given else 401, "RepoNotFound", "Repository not found")
        if os.path.exists(folder + "/gated"):
            return self.refuse(403 if given else 401, "GatedRepo", "Access to this repository is restricted")
        refs = dict(line.split() for line in open(folder + "/refs"))
        commit = refs["main"] if os.path.exists(top + "/astray") else refs.get(revision, revision)
        if not re.fullmatch("[0-9a-f]{40}", commit) or not os.path.isdir(f"{folder}/{commit}"):
            return self.refuse(404, "RevisionNotFound", "Invalid rev id: " + revision)
        return f"{folder}/{commit}", commit

    def do_GET(self):
        url = urlsplit(self.path)
        status = self.is_failing()
        if status:
            return self.answer(status, b"", [("Retry-After", "1")] if status == 429 else [])
        if m := re.fullmatch(r"/api/(models/|(?=datasets/|spaces/))(.+?)/tree/([^/]+)/?(.*)", url.path):
            return self.tree(m[2], unquote(m[3]), unquote(m[4]), parse_qs(url.query))
        if m := re.fullmatch(r"/(.+?)/resolve/([^/]+)/(.+)", url.path):
            return self.resolve(m[1], unquote(m[2]), unquote(m[3]))
        self.answer(404)

    do_HEAD = do_GET

    def tree(self, repository, revision, path, query):
        found = self.find(repository, revision)
        if not found:
            return
        folder = os.path.join(found[0], path)
        if not os.path.isdir(folder):
            return self.refuse(404, "EntryNotFound", "Entry not found")
        names = sorted(os.listdir(folder))
        start = int(query.get("cursor", ["c+0="])[0][2:-1])
        entries = []
        for name in names[start : start + PAGE]:
            where, file = (path + "/" + name if path else name), os.path.join(folder, name)
            if os.path.isdir(file):
                entries.append({"type": "directory", "oid": "0" * 40, "size": 0, "path": where})
                continue
            data = open(file, "rb").read()
            entries.append({"type": "file", "oid": blob_id(data), "size": len(data), "path": where})
            if len(data) >= LARGE:
                entries[-1]["lfs"] = {"oid": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 135}
        headers = [("Content-Type", "application/json")]
        if start + PAGE < len(names):
            cursor = quote(f"c+{start + PAGE}=", safe="")
            headers.append(("Link", f'<http://127.0.0.1{urlsplit(self.path).path}?limit=1000&cursor={cursor}>; rel="next"'))
        self.answer(200, json.dumps(entries).encode(), headers)

    def resolve(self, repository, revision, path):
        found = self.find(repository, revision)
        if not found:
            return
        file = os.path.join(found[0], path)
        if not os.path.isfile(file):
            return self.refuse(404, "EntryNotFound", "Entry not found")
        data = open(file, "rb").read()
        headers = [("X-Repo-Commit", found[1])]
        with lock:
            if os.path.exists(f"{top}/{repository}/refs.next"):
                os.rename(f"{top}/{repository}/refs.next", f"{top}/{repository}/refs")
        if len(data) < LARGE:
            return self.answer_file(data, [*headers, ("ETag", f'"{blob_id(data)}"')])
        where = quote(os.path.relpath(file, top))
        self.answer(302, b"Found", [*headers, ("X-Linked-Etag", f'"{hashlib.sha256(data).hexdigest()}"'), ("X-Linked-Size", str(len(data))),
            ("Location", f"http://localhost:{ports['files']}/{where}?signature={signature(where)}")])


class Files(Handler):
    host = "files"

    def do_GET(self):
        url = urlsplit(self.path)
        path = url.path[1:]
        if self.headers.get("Authorization"):
            return self.answer(400, b"Only one auth mechanism allowed")
        if self.command != "GET" or parse_qs(url.query).get("signature") != [signature(path)]:
            return self.answer(403)
        if self.headers.get("If-Match"):
            return self.answer(412)
        data = open(os.path.join(top, unquote(path)), "rb").read()
        if os.path.exists(top + "/turned"):
            data = bytes([data[0] ^ 1]) + data[1:]
        self.answer_file(data, [("ETag", f'"{hashlib.md5(data).hexdigest()}"'), ("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")])

    do_HEAD = do_GET


for kind in (Files, Hub):
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    server.daemon_threads = True
    ports[kind.host] = server.server_port
    if kind is Files:
        threading.Thread(target=server.serve_forever, daemon=True).start()
with open(top + "/port.new", "w") as f:
    f.write(str(ports["hub"]))
os.rename(top + "/port.new", top + "/port")
server.serve_forever()
