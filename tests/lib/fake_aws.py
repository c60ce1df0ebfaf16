#!/usr/bin/env python3
"""fake_aws.py FOLDER [ADDRESS PORT]: the places that give AWS credentials, and an S3 that takes them, on one port.

Written from the published reference: AWS STS API (AssumeRole, AssumeRoleWithWebIdentity, error codes), IAM Identity
Center portal (GetRoleCredentials), "Container credential provider" and "IMDS credential provider" of the AWS SDKs
reference guide, "Use the Instance Metadata Service" (version 2), and of the Amazon S3 API reference GetObject, HeadObject,
ListObjectsV2, "Error responses", "Requester Pays", "SSE-C". It checks what the real ones check: signatures of version 4
over every x-amz header, their time and region, session tokens and their end, the tokens of identity providers, sign-on,
containers and the metadata service, who pays, customers' keys. It has no uploads, no XML namespaces, no second page of a
listing, no IMDSv1, no policies.

FOLDER/objects/BUCKET/KEY are the objects. `port` is written once it listens; `log` has a line a request: method, path,
status, access key. FOLDER/{web,sso,container}.token hold the tokens that are expected.
PUT /-/set/NAME with a value ("" takes it away) changes how it behaves:
  keys      "ID SECRET" that all places give, instead of new ones (for another S3)
  life      seconds until the end that new keys are given with (3600)
  grace     seconds for which S3 takes them after that (0)
  refuse    code with which STS refuses
  region    of all buckets (us-east-1)
  clock     seconds that S3 is ahead of us
  pays      1: requesters pay
  sse       key of the customer, in base64, with which all objects are encrypted
  mute      1: the metadata service's tokens never arrive, as beyond its hop limit
  fail      "STATUS CODE COUNT [RETRY-AFTER]": the next COUNT answers of S3
POST /-/revoke: S3 takes no keys that were given before.
"""
import base64
import datetime
import email.utils
import hashlib
import hmac
import http.server
import json
import os
import sys
import threading
import time
import urllib.parse
import xml.sax.saxutils

FOLDER = sys.argv[1]
ADDRESS, PORT = (sys.argv[2], int(sys.argv[3])) if len(sys.argv) > 2 else ("127.0.0.1", 0)
LONG_TERM = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
ROLE, SKEW = "reader", 900  # of the metadata service; seconds that a signature may be off
EMPTY = hashlib.sha256(b"").hexdigest()
lock = threading.Lock()
settings, metadata_tokens = {}, set()
keys = {LONG_TERM[0]: {"secret": LONG_TERM[1], "token": "", "end": float("inf"), "told": float("inf")}}  # by access key


def setting(name, default=""):
    return settings.get(name) or default


def expected(name):
    """The token that a test has put there."""
    try:
        with open("%s/%s.token" % (FOLDER, name), encoding="ascii") as f:
            return f.read().strip()
    except FileNotFoundError:
        return None


def new_keys():
    """Keys as all places give them: ID, secret, token, end."""
    with lock:
        if setting("keys"):
            pair = setting("keys").split()
        else:
            pair = "ASIA%016d" % len(keys), "secret/%s" % os.urandom(12).hex()
        token = "token+%s==" % os.urandom(24).hex()
        end = time.time() + float(setting("life", "3600"))
        keys[pair[0]] = {"secret": pair[1], "token": token, "end": end + float(setting("grace", "0")), "told": end}
    return pair[0], pair[1], token, end


def iso(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Refused(Exception):
    def __init__(self, status, code, message="no", headers=()):
        super().__init__(code)
        self.status, self.code, self.message, self.headers = status, code, message, list(headers)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *args):
        pass

    def answer(self, status, body=b"", headers=(), who="-"):
        body = body.encode() if isinstance(body, str) else body
        with lock, open(FOLDER + "/log", "a", encoding="utf-8") as f:
            print(self.command, self.path, status, who, file=f)
        self.send_response_only(status)
        ahead = float(setting("clock", "0"))
        for name, value in [("Date", email.utils.formatdate(time.time() + ahead, usegmt=True)),
                            ("Content-Length", str(len(body)))] + list(headers):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def verify(self, service, region, body_hash):
        """Whose signature the request has: the access key."""
        given = self.headers.get("Authorization", "")
        fields = dict(part.strip().partition("=")[::2] for part in given.partition(" ")[2].split(","))
        names, scope = fields.get("SignedHeaders", "").split(";"), fields.get("Credential", "").split("/")
        wanted = {n.lower() for n in self.headers if n.lower().startswith("x-amz-")} | {"host"}
        if len(scope) != 5 or not wanted <= set(names):
            raise Refused(403, "AccessDenied", "not signed, or not all of it")
        if scope[0] not in keys:
            raise Refused(403, "InvalidClientTokenId" if service == "sts" else "InvalidAccessKeyId", "unknown")
        key = keys[scope[0]]
        url = urllib.parse.urlsplit(self.path)
        canonical = "\n".join([self.command, url.path, "&".join(sorted(filter(None, url.query.split("&"))))] +
                              ["%s:%s" % (n, self.headers.get(n, "").strip()) for n in names] +
                              ["", ";".join(names), body_hash])
        text = "\n".join(["AWS4-HMAC-SHA256", self.headers["x-amz-date"], "/".join(scope[1:]),
                          hashlib.sha256(canonical.encode()).hexdigest()])
        secret = ("AWS4" + key["secret"]).encode()
        for part in scope[1:]:
            secret = hmac.new(secret, part.encode(), "sha256").digest()
        if not hmac.compare_digest(hmac.new(secret, text.encode(), "sha256").hexdigest(), fields.get("Signature", "")):
            raise Refused(403, "SignatureDoesNotMatch", "signed otherwise")
        stamp = datetime.datetime.strptime(self.headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
        if abs(stamp.timestamp() - time.time() - float(setting("clock", "0"))) > SKEW:
            raise Refused(403, "RequestTimeTooSkewed", "too large a difference")
        if scope[2] != region or scope[3] != service:
            raise Refused(400, "AuthorizationHeaderMalformed", "</Message><Region>%s</Region><Message>region" % region)
        if self.headers.get("x-amz-security-token", "") != key["token"]:
            raise Refused(400, "InvalidToken", "not of this key")
        if key["end"] <= time.time():
            raise Refused(400, "ExpiredToken", "it has ended")
        return scope[0]

    # --- S3 ---

    def fail_if_told(self):
        with lock:
            words = setting("fail").split()
            # The head of an archived object is answered.
            if not words or int(words[2]) == 0 or (words[1] == "InvalidObjectState" and self.command == "HEAD"):
                return
            settings["fail"] = " ".join([words[0], words[1], str(int(words[2]) - 1)] + words[3:])
        raise Refused(int(words[0]), words[1], "as told", [("Retry-After", words[3])] if len(words) > 3 else [])

    def check_customer_key(self):
        wanted, prefix = setting("sse"), "x-amz-server-side-encryption-customer-"
        given = self.headers.get(prefix + "key")
        if not wanted and not given:
            return
        md5 = base64.b64encode(hashlib.md5(base64.b64decode(given or "")).digest()).decode()
        if not given or not wanted or self.headers.get(prefix + "algorithm") != "AES256" or self.headers.get(prefix + "key-md5") != md5:
            raise Refused(400, "InvalidRequest", "The object was stored using a form of Server Side Encryption.")
        if given != wanted:
            raise Refused(403, "AccessDenied", "Access Denied")

    def list(self, bucket, query):
        top, prefix = "%s/objects/%s/" % (FOLDER, bucket), query.get("prefix", [""])[0]
        rows = []
        for name in sorted(os.listdir(top + prefix) if os.path.isdir(top + prefix) else []):
            path = top + prefix + name
            if os.path.isdir(path):
                rows.append("<CommonPrefixes><Prefix>%s/</Prefix></CommonPrefixes>" % xml.sax.saxutils.escape(prefix + name))
            else:
                rows.append("<Contents><Key>%s</Key><LastModified>%s.000Z</LastModified><ETag>%s</ETag><Size>%d</Size></Contents>" % (
                    xml.sax.saxutils.escape(prefix + name), iso(os.path.getmtime(path))[:-1], etag_of(path), os.path.getsize(path)))
        return "<ListBucketResult><IsTruncated>false</IsTruncated>%s</ListBucketResult>" % "".join(rows)

    def s3(self):
        url = urllib.parse.urlsplit(self.path)
        bucket, _, key = urllib.parse.unquote(url.path)[1:].partition("/")
        self.fail_if_told()
        if not os.path.isdir("%s/objects/%s" % (FOLDER, bucket)):
            raise Refused(404, "NoSuchBucket", "no such bucket")
        region = setting("region", "us-east-1")
        try:
            who = self.verify("s3", region, self.headers.get("x-amz-content-sha256", EMPTY))
        except Refused as e:
            if e.code == "AuthorizationHeaderMalformed":
                e.headers.append(("x-amz-bucket-region", region))
            raise
        if setting("pays") and self.headers.get("x-amz-request-payer") != "requester":
            raise Refused(403, "AccessDenied", "Access Denied")
        if "list-type" in url.query:
            return self.answer(200, self.list(bucket, urllib.parse.parse_qs(url.query)), who=who)
        path = "%s/objects/%s/%s" % (FOLDER, bucket, key)
        if not os.path.isfile(path):
            raise Refused(404, "NoSuchKey", "no such key")
        self.check_customer_key()
        with open(path, "rb") as f:
            data = f.read()
        headers = [("ETag", etag_of(path)), ("Last-Modified", email.utils.formatdate(os.path.getmtime(path), usegmt=True))]
        status = 200
        if self.headers.get("If-None-Match") == etag_of(path):
            return self.answer(304, b"", headers[:1], who)
        if "Range" in self.headers and data:
            first, _, last = self.headers["Range"].removeprefix("bytes=").partition("-")
            end = min(int(last) + 1, len(data))
            headers.append(("Content-Range", "bytes %s-%d/%d" % (first, end - 1, len(data))))
            status, data = 206, data[int(first):end]
        return self.answer(status, data, headers, who)

    # --- who gives keys ---

    def json_keys(self, names, extra=()):
        values = new_keys()
        return json.dumps(dict(zip(names, values[:3] + (iso(values[3]),)), **dict(extra)))

    def sts(self, body):
        form = {k: v[0] for k, v in urllib.parse.parse_qs(body.decode(), strict_parsing=True).items()}
        action, who = form.get("Action"), "-"
        if form.get("Version") != "2011-06-15" or not form.get("RoleArn", "").startswith("arn:aws:iam::") or not form.get("RoleSessionName"):
            raise Refused(400, "ValidationError", "a parameter is missing")
        if action == "AssumeRole":
            who = self.verify("sts", "us-east-1", hashlib.sha256(body).hexdigest())
        elif form.get("WebIdentityToken") != expected("web"):
            raise Refused(400, "InvalidIdentityToken", "not a token of this provider")
        if setting("refuse"):
            raise Refused(403, setting("refuse"), "User is not authorized to perform: sts:%s" % action)
        fields = zip(("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"), new_keys())
        text = "".join("<%s>%s</%s>" % (n, iso(v) if n == "Expiration" else v, n) for n, v in fields)
        self.answer(200, '<%sResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><%sResult><Credentials>%s</Credentials>'
                    "</%sResult></%sResponse>" % (action, action, text, action, action), who=who)

    def metadata(self):
        path = self.path.partition("?")[0]
        if "X-Forwarded-For" in self.headers:
            return self.answer(403)
        if self.command == "PUT":
            if path != "/latest/api/token" or not 0 < int(self.headers.get("X-aws-ec2-metadata-token-ttl-seconds", "0")) <= 21600:
                return self.answer(400)
            if setting("mute"):
                time.sleep(60)
            token = os.urandom(20).hex() + "=="
            metadata_tokens.add(token)
            return self.answer(200, token)
        if self.headers.get("X-aws-ec2-metadata-token") not in metadata_tokens:
            return self.answer(401)
        folder = "/latest/meta-data/iam/security-credentials/"
        if path == folder:
            return self.answer(200, ROLE)
        if path == folder + ROLE:
            return self.answer(200, self.json_keys(("AccessKeyId", "SecretAccessKey", "Token", "Expiration"), {"Code": "Success"}))
        return self.answer(404)

    def container(self):
        if self.headers.get("Authorization") != expected("container"):
            return self.answer(401, '{"code": "AccessDenied", "message": "not this token"}')
        return self.answer(200, self.json_keys(("AccessKeyId", "SecretAccessKey", "Token", "Expiration")))

    def sign_on(self):
        if self.headers.get("x-amz-sso_bearer_token") != expected("sso"):
            return self.answer(401, '{"message": "Session token not found or invalid"}')
        values = new_keys()
        names = ("accessKeyId", "secretAccessKey", "sessionToken", "expiration")
        return self.answer(200, json.dumps({"roleCredentials": dict(zip(names, values[:3] + (int(values[3] * 1000),)))}))

    def control(self, body):
        name = self.path.rpartition("/")[2]
        with lock:
            if name == "revoke":
                for key in keys.values():
                    key["end"] = 0 if key["token"] else key["end"]
            settings[name] = body.decode()
        self.send_response_only(204)
        self.end_headers()

    def serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            if self.path.startswith("/-/"):
                self.control(body)
            elif self.command == "POST":
                self.sts(body)
            elif self.path.startswith("/latest/"):
                self.metadata()
            elif self.path.startswith("/v2/credentials"):
                self.container()
            elif self.path.startswith("/federation/credentials?"):
                self.sign_on()
            else:
                self.s3()
        except Refused as e:
            if self.command == "POST":
                self.answer(e.status, "<ErrorResponse><Error><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>" % (
                    e.code, e.message))
            else:
                self.answer(e.status, "<Error><Code>%s</Code><Message>%s</Message></Error>" % (e.code, e.message), e.headers)

    do_GET = do_HEAD = do_PUT = do_POST = serve


def etag_of(path):
    with open(path, "rb") as f:
        return '"%s"' % hashlib.md5(f.read()).hexdigest()


http.server.ThreadingHTTPServer.request_queue_size = 128
server = http.server.ThreadingHTTPServer((ADDRESS, PORT), Handler)
server.daemon_threads = True
with open(FOLDER + "/port.new", "w", encoding="ascii") as ready:
    print(server.server_address[1], file=ready)
os.rename(FOLDER + "/port.new", FOLDER + "/port")
server.serve_forever()
