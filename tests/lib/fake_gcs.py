#!/usr/bin/env python3
"""fake_gcs.py FOLDER: Google Cloud Storage and the places that give tokens for it, on 127.0.0.1.

Written from Google's published reference: "XML API" (GET and HEAD Object, List objects, headers, error codes),
"V4 signing process" (HMAC keys in the Authorization header), "Using OAuth 2.0 for server to server applications",
"Security Token Service", "IAM Service Account Credentials", "Compute Engine metadata", and AIP-4112 to 4117. It checks
what the real ones check: the RS256 signature of a JWT and its times, refresh tokens, subject tokens, Metadata-Flavor,
V4 signatures and their time, bearer tokens with their end and scope, and encryption keys. It has no uploads as Google
has them, no ACLs, no JSON API and no versions other than the ones that were put.

Makes in FOLDER: a key pair and a credentials file of every kind; `port` once it listens; `log`, a line a request.
A client of the test's own: PUT /-/put/BUCKET/KEY (Content-Encoding, x-composite, x-no-crc and x-encryption-key count) gives the
generation, DELETE removes; PUT /-/set/NAME with a value: fail "STATUS CODE COUNT" for the next requests of objects,
clock (seconds that the token endpoint is ahead), life (seconds of a token), replace (BUCKET/KEY is replaced by its
reverse by the time that its next range is sent), turn "BUCKET/KEY BYTE COUNT" (turns a bit in the next answers that have it),
gunzip (1: decompresses whatever was asked), page (most names of a listing's page), body (of all listings and tokens).
POST /-/revoke: no token is known any more.
"""
import base64
import gzip
import hashlib
import hmac
import http.server
import json
import os
import subprocess
import sys
import threading
import time
import urllib.parse
import xml.sax.saxutils

from fake_crc import crc

FOLDER = sys.argv[1]
EMAIL = "reader@project.iam.gserviceaccount.com"
OTHER = "other@project.iam.gserviceaccount.com"
HMAC_ID, HMAC_SECRET = "GOOGTS7C7FUP3AIRVJTE2BCD", "bGoa+V7g/yqDXvKRqq+JTFn4uQZbPiQJo4pf9RzJ"
CLIENT = {"client_id": "client.apps.googleusercontent.com", "client_secret": "GOCSPX-secret", "refresh_token": "1//refresh"}
SUBJECT = "eyJhbGciOiJSUzI1NiJ9.subject.signature"
AUDIENCE = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/provider"
SCOPES = "https://www.googleapis.com/auth/"
STORAGE, ACTING = SCOPES + "devstorage.read_only", {SCOPES + "cloud-platform", SCOPES + "iam"}
PUBLIC, PAYS, PROJECT = "public", "pays", "billed"  # buckets; the project that may be billed
EMPTY = hashlib.sha256(b"").hexdigest()
SKEW = 900  # seconds that a signature may be off

lock = threading.Lock()
buckets = {"data": {}, PUBLIC: {}, PAYS: {}}  # key: {generation: object}, the last one is live
tokens, settings, generation = {}, {"life": "3600", "clock": "0"}, [1360887697105000]


def b64(data):
    return base64.b64encode(data).decode()


def put(bucket, key, data, headers):
    """A new generation of an object."""
    generation[0] += 1
    md5 = hashlib.md5(data).digest()
    composite = "x-composite" in headers
    secret = headers.get("x-encryption-key", "")
    crc32c = "" if len(data) > 1 << 20 or "x-no-crc" in headers else b64(crc("crc32c", data))  # by hand it is slow
    buckets[bucket].setdefault(key, {})[str(generation[0])] = {
        "data": data, "time": time.time(), "generation": str(generation[0]), "encoding": headers.get("Content-Encoding", ""),
        "etag": '"-C%s="' % generation[0] if composite or secret else '"%s"' % md5.hex(), "crc": crc32c,
        "md5": "" if composite else b64(md5),
        "secret": b64(hashlib.sha256(base64.b64decode(secret)).digest()) if secret else ""}
    return str(generation[0])


def token(principal, scope, life=None):
    value = "ya29.%s-%d" % (os.urandom(24).hex(), len(tokens))
    tokens[value] = (principal, scope, time.time() + int(life or settings["life"]))
    return value


def sign(text, key):
    return hmac.new(key, text.encode(), "sha256").digest()


class OAuth(Exception):
    """A refusal of a token endpoint: code and description."""


class Refusal(Exception):
    """An error of the XML API: status, code, message, details."""


def check_jwt(jwt, audience):
    """The e-mail and the scope of a JWT whose signature and times hold."""
    def decode(part):
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    head, claims, signature = jwt.split(".")
    header, said = json.loads(decode(head)), json.loads(decode(claims))
    now = time.time() + int(settings["clock"])
    if header.get("alg") != "RS256" or header.get("typ") != "JWT":
        raise OAuth("invalid_grant", "Invalid JWT: wrong header.")
    if said.get("iss") != EMAIL:
        raise OAuth("invalid_grant", "Invalid grant: account not found")
    if said.get("aud") not in (audience, "https://oauth2.googleapis.com/token") or not said.get("scope"):
        raise OAuth("invalid_grant", "Invalid JWT: Failed audience check.")
    if said["exp"] - said["iat"] > 3600 or said["iat"] > now + 300 or said["exp"] < now - 300:
        raise OAuth("invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable "
                    "timeframe. Check your iat and exp values in the JWT claim.")
    path = os.path.join(FOLDER, "signature.%d" % threading.get_ident())
    with open(path, "wb") as file:
        file.write(decode(signature))
    known = header.get("kid") == "key-1" and subprocess.run(
        ["openssl", "dgst", "-sha256", "-verify", os.path.join(FOLDER, "public.pem"), "-signature", path],
        input=(head + "." + claims).encode(), stdout=subprocess.DEVNULL, check=False).returncode == 0
    os.remove(path)
    if not known:
        raise OAuth("invalid_grant", "Invalid JWT Signature.")
    return said["iss"], said["scope"]


def exchange(form, audience, basic):
    """The token endpoints of OAuth 2.0 and of the security token service."""
    grant = form.get("grant_type", "")
    if grant == "urn:ietf:params:oauth:grant-type:jwt-bearer":
        return token(*check_jwt(form["assertion"], audience))
    if grant == "refresh_token":
        known = dict(CLIENT)
        client = basic or (form.get("client_id"), form.get("client_secret"))
        if client != (known["client_id"], known["client_secret"]):
            raise OAuth("invalid_client", "The OAuth client was not found.")
        if form.get("refresh_token") != known["refresh_token"]:
            raise OAuth("invalid_grant", "Token has been expired or revoked.")
        return token("user", STORAGE)
    if grant == "urn:ietf:params:oauth:grant-type:token-exchange":
        if form.get("audience") != AUDIENCE:
            raise OAuth("invalid_target", "The target service indicated by the \"audience\" parameters is invalid.")
        if form.get("requested_token_type") != "urn:ietf:params:oauth:token-type:access_token" or not form.get("scope"):
            raise OAuth("invalid_request", "requested_token_type or scope")
        if form.get("subject_token_type") != "urn:ietf:params:oauth:token-type:jwt" or form.get("subject_token") != SUBJECT:
            raise OAuth("invalid_grant", "ID Token issued at 1 is stale to sign-in.")
        return token("federated", form["scope"])
    raise OAuth("unsupported_grant_type", "Invalid grant_type: " + grant)


def list_page(bucket, query):
    prefix, most = query.get("prefix", ""), min(int(settings.get("page", 1000)), int(query.get("max-keys", "1000")))
    delimiter, after = query.get("delimiter", ""), query.get("continuation-token", "")
    start = query.get("start-after", "")
    text = urllib.parse.quote_plus if query.get("encoding-type") == "url" else xml.sax.saxutils.escape
    rows, folders, last, truncated = [], [], "", False
    for key in sorted(buckets[bucket], key=lambda k: k.encode()):
        rest = key[len(prefix):]
        cut = rest.find(delimiter) if delimiter else -1
        name = prefix + rest[:cut + 1] if cut >= 0 else key
        if not key.startswith(prefix) or name.encode() <= (bytes.fromhex(after) if after else start.encode()) or (folders and folders[-1] == name):
            continue
        if len(rows) + len(folders) == most:
            truncated = True
            break
        last = name
        if cut >= 0:
            folders.append(name)
            continue
        o = list(buckets[bucket][key].values())[-1]
        rows.append("<Contents><Key>%s</Key><Generation>%s</Generation><MetaGeneration>1</MetaGeneration><LastModified>%s"
                    "</LastModified><ETag>%s</ETag><Size>%d</Size><StorageClass>STANDARD</StorageClass></Contents>" % (
                        text(name), o["generation"], time.strftime("%Y-%m-%dT%H:%M:%S.123Z", time.gmtime(o["time"])),
                        xml.sax.saxutils.escape(o["etag"]), len(o["data"])))
    return "<?xml version='1.0' encoding='UTF-8'?><ListBucketResult xmlns='http://doc.s3.amazonaws.com/2006-03-01'>" \
        "<Name>%s</Name><Prefix>%s</Prefix><Delimiter>/</Delimiter>%s<KeyCount>%d</KeyCount><IsTruncated>%s</IsTruncated>" \
        "%s%s%s</ListBucketResult>" % (
            bucket, text(prefix), "<EncodingType>url</EncodingType>" if "encoding-type" in query else "", len(rows) + len(folders),
            str(truncated).lower(), "<NextContinuationToken>%s</NextContinuationToken>" % last.encode().hex() if truncated else "",
            "".join(rows), "".join("<CommonPrefixes><Prefix>%s</Prefix></CommonPrefixes>" % text(f) for f in folders))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def send(self, status, body=b"", headers=(), length=None):
        data = body.encode() if isinstance(body, str) else body
        with lock, open(os.path.join(FOLDER, "log"), "a", encoding="utf-8") as file:
            file.write("%s %s %d %s\n" % (self.command, self.path, status, self.headers.get("Range", "-")))
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if length is not False:
            self.send_header("Content-Length", str(len(data) if length is None else length))
        else:
            self.close_connection = True
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def answer(self, value, status=200, headers=()):
        self.send(status, settings.get("body") or json.dumps(value), [("Content-Type", "application/json"), *headers])

    # -- the test's own --

    def control(self, parts, body):
        what, rest = parts[0], "/".join(parts[1:])
        if what == "put":
            bucket, key = rest.split("/", 1)
            if self.command == "DELETE":
                del buckets[bucket][key]
                return self.send(200)
            buckets.setdefault(bucket, {})
            return self.send(200, put(bucket, key, body, self.headers))
        if what == "set":
            settings[rest] = body.decode()
        if what == "revoke":
            tokens.clear()
        return self.send(200)

    # -- tokens --

    def basic(self):
        value = self.headers.get("Authorization", "")
        return tuple(base64.b64decode(value[6:]).decode().split(":", 1)) if value.startswith("Basic ") else None

    def login(self, path, body):
        if self.headers.get("Content-Type") != "application/x-www-form-urlencoded":
            return self.answer({"error": "invalid_request"}, 400)
        form = dict(urllib.parse.parse_qsl(body.decode()))
        try:
            value = exchange(form, "http://%s%s" % (self.headers["Host"], path), self.basic())
        except OAuth as e:
            return self.answer({"error": e.args[0], "error_description": e.args[1]}, 401 if e.args[0] == "invalid_client" else 400)
        return self.answer({"access_token": value, "expires_in": int(settings["life"]), "token_type": "Bearer"})

    def impersonate(self, path, body):
        asked, who = json.loads(body), self.headers.get("Authorization", "")[7:]
        known = tokens.get(who)
        if not known or not ACTING & set(known[1].split()) or not path.endswith("/%s:generateAccessToken" % OTHER):
            return self.answer({"error": {"code": 403, "status": "PERMISSION_DENIED", "message":
                                          "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist)."}}, 403)
        life = int(asked["lifetime"][:-1])
        end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + life))
        return self.answer({"accessToken": token(OTHER, " ".join(asked["scope"]), life), "expireTime": end})

    def metadata(self, path):
        flavor = [("Metadata-Flavor", "Google")]
        if self.headers.get("Metadata-Flavor") != "Google":
            return self.send(403, "Missing Metadata-Flavor:Google header.", flavor)
        if not path.startswith("/computeMetadata/v1/instance/service-accounts/"):
            return self.send(404, "", flavor)
        if path.endswith("/default/"):
            return self.answer({"email": EMAIL, "scopes": [STORAGE]}, headers=flavor)
        return self.answer({"access_token": token("machine", STORAGE), "expires_in": int(settings["life"]), "token_type": "Bearer"},
                           headers=flavor)

    # -- objects --

    def check_signature(self, value, path, query):
        pairs = dict(p.strip().split("=", 1) for p in value.split(" ", 1)[1].split(","))
        who, day, region, service, end = pairs["Credential"].split("/")
        stamp = self.headers.get("x-goog-date", "")
        if who != HMAC_ID:
            raise Refusal(403, "InvalidSecurity", "The provided security credentials are not valid.", "")
        if abs(time.time() - time.mktime(time.strptime(stamp, "%Y%m%dT%H%M%SZ"))) > SKEW:
            raise Refusal(403, "RequestTimeTooSkewed", "The difference between the request time and the server's time is too large.", "")
        names = pairs["SignedHeaders"].split(";")
        wanted = {"host"} | {n.lower() for n in self.headers if n.lower().startswith("x-goog-")}
        canonical = "\n".join([self.command, path, "&".join(sorted(query.split("&")))] + [
            "%s:%s" % (n, self.headers[n]) for n in names] + ["", ";".join(names), self.headers.get("x-goog-content-sha256", "")])
        key = ("GOOG4" + HMAC_SECRET).encode()
        for part in (day, region, service, end):
            key = sign(part, key)
        text = "\n".join(["GOOG4-HMAC-SHA256", stamp, "/".join((day, region, service, end)), hashlib.sha256(canonical.encode()).hexdigest()])
        if not wanted <= set(names) or end != "goog4_request" or service != "storage" or sign(text, key).hex() != pairs["Signature"]:
            raise Refusal(403, "SignatureDoesNotMatch", "Access denied.", "")

    def check_access(self, bucket, path, query):
        value, permission = self.headers.get("Authorization", ""), "storage.objects.%s" % ("list" if "list-type" in query else "get")
        who, project = "Anonymous caller", self.headers.get("x-goog-user-project")
        if value.startswith("GOOG4-HMAC-SHA256 "):
            self.check_signature(value, path, query)
            who = EMAIL
        elif value:
            known = tokens.get(value[7:]) if value.startswith("Bearer ") else None
            if not known or known[2] < time.time():
                raise Refusal(401, "AuthenticationRequired", "Authentication required.", "")
            who = known[0] if STORAGE in known[1].split() else "limited"
        if bucket not in buckets:
            raise Refusal(404, "NoSuchBucket", "The specified bucket does not exist.", "")
        if bucket != PUBLIC and who in ("Anonymous caller", "limited"):
            raise Refusal(403, "AccessDenied", "Access denied.", "%s does not have %s access to the Google Cloud Storage object. "
                          "Permission '%s' denied on resource (or it may not exist)." % (who, permission, permission))
        if bucket == PAYS and not project:
            raise Refusal(400, "UserProjectMissing", "User project must be specified for requester pays bucket.",
                          "Bucket is a requester pays bucket but no user project provided.")
        if project and project != PROJECT:
            raise Refusal(403, "UserProjectAccountProblem", "The project to be billed is associated with a closed billing account.",
                          "The billing account for the owning project is disabled in state closed")

    def check_conditions(self, o, query):
        match, none = self.headers.get("If-Match"), self.headers.get("If-None-Match")
        if match and match != o["etag"]:
            raise Refusal(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold.", "If-Match")
        if none and none == o["etag"]:
            raise Refusal(304, "NotModified", "", "")
        given = self.headers.get("x-goog-encryption-key-sha256", "")
        if o["secret"] and not given:
            raise Refusal(400, "ResourceIsEncryptedWithCustomerEncryptionKey",
                          "The resource is encrypted with a customer encryption key.", "")
        if o["secret"] != given:
            raise Refusal(400, "CustomerEncryptionKeyIsIncorrect" if o["secret"] else "ResourceNotEncryptedWithCustomerEncryptionKey",
                          "The provided encryption key is incorrect.", "")

    def turned(self, name, data, first):
        """The bytes from `first` on, or what the way makes of them."""
        with lock:
            which, at, count = (settings.get("turn") or "- 0 0").split()
            at = int(at) - first
            if which != name or not 0 <= at < len(data) or int(count) <= 0:
                return data
            settings["turn"] = "%s %d %d" % (which, at + first, int(count) - 1)
        return data[:at] + bytes([data[at] ^ 8]) + data[at + 1:]

    def get_object(self, bucket, key, query):
        versions = buckets[bucket].get(key, {})
        wanted = urllib.parse.parse_qs(query).get("generation", list(versions)[-1:])
        if not wanted or wanted[0] not in versions:
            raise Refusal(404, "NoSuchKey", "The specified key does not exist.", "")
        o = versions[wanted[0]]
        self.check_conditions(o, query)
        data, span = o["data"], self.headers.get("Range", "")
        headers = [("ETag", o["etag"]), ("Last-Modified", time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(o["time"]))),
                   ("x-goog-generation", o["generation"]), ("x-goog-metageneration", "1"), ("Accept-Ranges", "bytes"),
                   ("x-goog-stored-content-encoding", o["encoding"] or "identity"), ("x-goog-stored-content-length", str(len(data)))]
        headers += [("x-goog-hash", h) for h in ("crc32c=" + o["crc"] if o["crc"] else "", "md5=" + o["md5"] if o["md5"] else "") if h]
        as_stored = "gzip" in self.headers.get("Accept-Encoding", "") and not settings.get("gunzip")
        if o["encoding"] == "gzip" and not as_stored:
            return self.send(200, gzip.decompress(data), headers + [("Warning", "214 UploadServer gunzipped")], False)
        if o["encoding"]:
            headers.append(("Content-Encoding", o["encoding"]))
        if not span.startswith("bytes="):
            return self.send(200, data, headers)
        first, last = span[6:].split("-")
        first, last = int(first), min(int(last or len(data)), len(data) - 1)
        if first > last:
            return self.send(416, "<?xml version='1.0' encoding='UTF-8'?><Error><Code>InvalidRange</Code></Error>",
                             [("Content-Range", "bytes */%d" % len(data))])
        if settings.get("replace") == "%s/%s" % (bucket, key):
            del settings["replace"]
            put(bucket, key, data[::-1], {})
            del versions[o["generation"]]
        body = self.turned("%s/%s" % (bucket, key), data[first:last + 1], first)
        return self.send(206, body, headers + [("Content-Range", "bytes %d-%d/%d" % (first, last, len(data)))])

    def storage(self, path, query):
        bucket, _, key = urllib.parse.unquote(path)[1:].partition("/")
        try:
            status, code, count = (settings.get("fail") or "0 - 0").split()
            if int(count) > 0:
                settings["fail"] = "%s %s %d" % (status, code, int(count) - 1)
                raise Refusal(int(status), code, "As it was told.", "")
            self.check_access(bucket, path, query)
            if key:
                self.get_object(bucket, key, query)
            else:
                page = list_page(bucket, dict(urllib.parse.parse_qsl(query, keep_blank_values=True)))
                self.send(200, settings.get("body") or page, [("Content-Type", "application/xml; charset=UTF-8")])
        except Refusal as e:
            text = "<?xml version='1.0' encoding='UTF-8'?><Error><Code>%s</Code><Message>%s</Message><Details>%s</Details></Error>"
            headers = [("Content-Type", "application/xml; charset=UTF-8")] + ([("Retry-After", "1")] if e.args[0] in (429, 503) else [])
            self.send(e.args[0], "" if e.args[0] == 304 else text % e.args[1:], headers)

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, _, query = self.path.partition("?")
        if path.startswith("/-/"):
            self.control(urllib.parse.unquote(path)[3:].split("/"), body)
        elif self.command == "POST" and path.endswith(":generateAccessToken"):
            self.impersonate(path, body)
        elif self.command == "POST":
            self.login(path, body)
        elif path.startswith("/computeMetadata/"):
            self.metadata(path)
        elif path == "/subject":
            good = self.headers.get("Metadata") == "True"
            self.send(200 if good else 403, json.dumps({"access_token": SUBJECT}) if good else "")
        else:
            self.storage(path, query)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = handle_any


def write(name, value):
    path = os.path.join(FOLDER, name)
    with open(path, "w", encoding="utf-8", opener=lambda p, f: os.open(p, f, 0o600)) as file:
        file.write(value if isinstance(value, str) else json.dumps(value, indent=2))
    return path


def write_credentials(base):
    """A file of every kind, as Google's consoles and gcloud write them."""
    pem = os.path.join(FOLDER, "key.pem")
    quiet = {"stderr": subprocess.DEVNULL, "check": True}
    subprocess.run(["openssl", "genrsa", "-out", pem, "2048"], **quiet)
    subprocess.run(["openssl", "rsa", "-in", pem, "-pubout", "-out", os.path.join(FOLDER, "public.pem")], **quiet)
    with open(pem, encoding="utf-8") as file:
        key = file.read()
    account = {"type": "service_account", "project_id": "project", "private_key_id": "key-1", "private_key": key,
               "client_email": EMAIL, "token_uri": base + "/token"}
    act = base + "/v1/projects/-/serviceAccounts/%s:generateAccessToken" % OTHER
    federated = {"type": "external_account", "audience": AUDIENCE, "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
                 "token_url": base + "/v1/token", "credential_source": {"file": write("subject", SUBJECT)}}
    write("service_account.json", account)
    write("authorized_user.json", {"type": "authorized_user", "token_uri": base + "/token", **CLIENT})
    write("federated_user.json", {"type": "external_account_authorized_user", "token_url": base + "/v1/oauthtoken", **CLIENT})
    write("federated_file.json", federated)
    write("federated_url.json", {**federated, "service_account_impersonation_url": act, "credential_source": {
        "url": base + "/subject", "headers": {"Metadata": "True"},
        "format": {"type": "json", "subject_token_field_name": "access_token"}}})
    write("impersonated.json", {"type": "impersonated_service_account", "service_account_impersonation_url": act, "delegates": [],
                                "source_credentials": account})
    write("hmac", "access_key_id = %s\nsecret_access_key = %s\n" % (HMAC_ID, HMAC_SECRET))


def main():
    time.tzset()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    port = server.server_address[1]
    write_credentials("http://127.0.0.1:%d" % port)
    write("port.new", str(port))
    os.rename(os.path.join(FOLDER, "port.new"), os.path.join(FOLDER, "port"))
    server.serve_forever()


os.environ["TZ"] = "UTC"
main()
