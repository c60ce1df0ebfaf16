#!/usr/bin/env python3
"""fake_s3_checksum.py PORT FOLDER: S3's checksums, which no free server has as Amazon has them.

Follows the Amazon S3 User Guide ("Checking object integrity in Amazon S3") and the API reference of GetObject and
HeadObject: x-amz-checksum-mode, x-amz-checksum-*, x-amz-checksum-type, partNumber, Range, If-Match, versionId; and
for ranges what Amazon's own SDKs document of it: a range that is a part has the part's checksum, one that is all of
the object that of the object without "-N", any other none. Requests must be signed (signature version 4), the
question for checksums too. There is no writing, no listing, no other operation.

FOLDER/objects has a line for each object: BUCKET/KEY FILE [WORD…], in the order of its versions, with the words
  sum=KIND        crc32, crc32c, crc64nvme, sha1, sha256 or none (then the ETag is all there is)
  parts=BYTES     stored in parts of that size: the checksum is COMPOSITE, except crc64nvme's
  flip=N          turns a bit of byte N over, in each answer; flip=N,once: in the first that has it
  until=N         N answers with bytes of it are of this version, later ones of the next
  wrong-ranges    sends the checksum of the whole with any range
  unversioned     of a bucket without versions: no x-amz-version-id
  no-mode         refuses the question for checksums
Requests are lines of FOLDER/requests. Prints "ready" when it listens.
"""
import base64
import hashlib
import hmac
import http.server
import sys
import threading
import urllib.parse
import zlib

from fake_crc import POLYNOMIALS, crc

ACCESS_KEY, SECRET_KEY = "test:tester", "testing"


def checksum(kind, data):
    if kind == "crc32":
        return zlib.crc32(data).to_bytes(4, "big")
    return crc(kind, data) if kind in POLYNOMIALS else hashlib.new(kind, data).digest()


class Version:
    def __init__(self, number, path, words):
        options = dict(word.partition("=")[::2] for word in words)
        with open(path, "rb") as f:
            self.data = f.read()
        self.id = "v%d" % number
        self.kind = options.get("sum", "none")
        self.flip, _, once = options.get("flip", "").partition(",")
        self.flips = 1 if once else 1 << 30
        self.until = int(options.get("until", 1 << 30))
        self.unversioned = "unversioned" in options
        self.wrong_ranges, self.no_mode = "wrong-ranges" in options, "no-mode" in options
        size = int(options.get("parts", 0))
        self.parts = [(at, min(at + size, len(self.data))) for at in range(0, len(self.data), size)] if size else []
        self.composite = bool(self.parts) and self.kind != "crc64nvme"
        self.etag = '"%s"' % (self.md5_of_parts() if self.parts else hashlib.md5(self.data).hexdigest())
        self.sum = self.make_sum()

    def md5_of_parts(self):
        digests = b"".join(hashlib.md5(self.data[a:b]).digest() for a, b in self.parts)
        return "%s-%d" % (hashlib.md5(digests).hexdigest(), len(self.parts))

    def make_sum(self):
        if self.kind == "none":
            return b""
        if not self.composite:
            return checksum(self.kind, self.data)
        return checksum(self.kind, b"".join(checksum(self.kind, self.data[a:b]) for a, b in self.parts))

    def checksum_headers(self, first, end, ranged):
        """Of the bytes first to end; `ranged`: by Range or partNumber."""
        whole = (first, end) == (0, len(self.data))
        if self.kind == "none" or (ranged and not whole and not self.wrong_ranges and (first, end) not in self.parts):
            return []
        value = base64.b64encode(self.sum).decode()
        if ranged and not whole and not self.wrong_ranges:
            value = base64.b64encode(checksum(self.kind, self.data[first:end])).decode()
        elif self.composite and not ranged:
            value += "-%d" % len(self.parts)
        return [("x-amz-checksum-" + self.kind, value),
                ("x-amz-checksum-type", "COMPOSITE" if self.composite else "FULL_OBJECT")]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *args):
        pass

    def answer(self, status, headers, body):
        # Before the answer: who has that may count.
        with LOCK, open(FOLDER + "/requests", "a") as f:
            print(self.command, self.path, self.headers.get("Range", "-"), status, file=f)
        self.send_response(status)
        for name, value in headers + [("Content-Length", str(len(body)))]:
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def refuse(self, status, code, message):
        text = "<Error><Code>%s</Code><Message>%s</Message></Error>" % (code, message)
        self.answer(status, [("Content-Type", "application/xml")], text.encode())

    def is_signed(self, url):
        """Whether the signature is right, and of every x-amz header."""
        given = self.headers.get("Authorization", "")
        fields = dict(part.strip().partition("=")[::2] for part in given.partition(" ")[2].split(","))
        names, scope = fields.get("SignedHeaders", "").split(";"), fields.get("Credential", "").split("/")
        wanted = {n.lower() for n in self.headers if n.lower().startswith("x-amz-")} | {"host"}
        if not wanted <= set(names) or len(scope) != 5 or scope[0] != ACCESS_KEY:
            return False
        canonical = "\n".join(
            [self.command, url.path, "&".join(sorted(url.query.split("&")))] +
            ["%s:%s" % (n, self.headers.get(n, "").strip()) for n in names] +
            ["", ";".join(names), self.headers["x-amz-content-sha256"]])
        text = "\n".join(["AWS4-HMAC-SHA256", self.headers["x-amz-date"], "/".join(scope[1:]),
                          hashlib.sha256(canonical.encode()).hexdigest()])
        key = ("AWS4" + SECRET_KEY).encode()
        for part in scope[1:]:
            key = hmac.new(key, part.encode(), "sha256").digest()
        return hmac.compare_digest(hmac.new(key, text.encode(), "sha256").hexdigest(), fields.get("Signature", ""))

    def find(self, url, query):
        """The version that is asked for."""
        versions = OBJECTS.get(urllib.parse.unquote(url.path)[1:], [])
        if "versionId" in query:
            return next((v for v in versions if v.id == query["versionId"][0]), None)
        with LOCK:
            version = next((v for v in versions if v.until > 0), None)
            if version and self.command == "GET":
                version.until -= 1
        return version

    def range_of(self, version, query):
        size = len(version.data)
        if "partNumber" in query:
            return version.parts[int(query["partNumber"][0]) - 1] if version.parts else (0, size)
        if "Range" not in self.headers:
            return 0, size
        first, _, last = self.headers["Range"].removeprefix("bytes=").partition("-")
        return int(first), min(int(last) + 1, size)

    def body(self, version, first, end):
        data = version.data[first:end]
        with LOCK:
            at = int(version.flip or -1) - first
            if self.command == "GET" and 0 <= at < len(data) and version.flips:
                version.flips -= 1
                data = data[:at] + bytes([data[at] ^ 4]) + data[at + 1:]
        return data

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        query = urllib.parse.parse_qs(url.query)
        mode = self.headers.get("x-amz-checksum-mode")
        if not self.is_signed(url):
            return self.refuse(403, "SignatureDoesNotMatch", "signed otherwise")
        version = self.find(url, query)
        if not version:
            return self.refuse(404, "NoSuchKey", "no such key")
        if version.no_mode and mode:
            return self.refuse(400, "InvalidArgument", "x-amz-checksum-mode is not supported")
        if self.headers.get("If-Match", version.etag) != version.etag:
            return self.refuse(412, "PreconditionFailed", "If-Match")
        if self.headers.get("If-None-Match") == version.etag:
            return self.answer(304, [("ETag", version.etag)], b"")
        first, end = self.range_of(version, query)
        if first and "Range" in self.headers and "If-Match" not in self.headers and "versionId" not in query:
            return self.refuse(400, "InvalidRequest", "a later range says nothing of the generation")
        ranged = "Range" in self.headers or "partNumber" in query
        headers = [("ETag", version.etag), ("Last-Modified", "Sat, 01 Mar 2025 10:00:00 GMT"),
                   ("Accept-Ranges", "bytes")]
        if not version.unversioned:
            headers.append(("x-amz-version-id", version.id))
        if ranged:
            headers.append(("Content-Range", "bytes %d-%d/%d" % (first, end - 1, len(version.data))))
        if version.parts and "partNumber" in query:
            headers.append(("x-amz-mp-parts-count", str(len(version.parts))))
        if mode == "ENABLED":
            headers += version.checksum_headers(first, end, ranged)
        return self.answer(206 if ranged else 200, headers, self.body(version, first, end))

    do_HEAD = do_GET


PORT, FOLDER = int(sys.argv[1]), sys.argv[2]
LOCK = threading.Lock()
OBJECTS = {}
with open(FOLDER + "/objects") as lines:
    for line in lines:
        name, path, *words = line.split()
        OBJECTS.setdefault(name, []).append(Version(len(OBJECTS.get(name, [])) + 1, path, words))
http.server.ThreadingHTTPServer.request_queue_size = 128
server = http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Handler)
server.daemon_threads = True
print("ready", flush=True)
server.serve_forever()
