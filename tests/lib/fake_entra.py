#!/usr/bin/env python3
"""fake_entra.py FOLDER CERTIFICATE KEY: where Azure's identities get their tokens, on 127.0.0.1.

Written from Microsoft's published reference: "OAuth 2.0 client credentials flow" of the Microsoft identity platform (a
shared secret, and a federated credential) with "Microsoft Entra authentication and authorization error codes", over
TLS; "How to use managed identities for Azure resources on an Azure VM to acquire an access token" (IMDS) and
"How to use managed identities for App Service" over plain HTTP. It checks what the real ones check: the tenant, the client, the
secret and its end, the scope or resource, the federated token's signature, issuer, subject, audience and times, the header
Metadata and that nothing forwards, X-IDENTITY-HEADER, versions, and which identity is assigned. It has no discovery, no users,
no certificates as credentials, no resource but Azure Storage; and nothing signs its tokens, whose claims are Entra's: who checks
signatures refuses them.

Makes in FOLDER: `assertion`, the federated token; `port` and, once both listen, `port-http`; `log`, a line a request. A
test sets something by a file of its name in FOLDER: `life` (seconds of a token), `claimed` (what answers say of that, if it is not true), `secret-ended`, `fail` ("STATUS COUNT": so many requests are answered so), `clock` (seconds that the authority is ahead).
"""
import base64
import http.server
import json
import os
import ssl
import subprocess
import sys
import threading
import time
import urllib.parse

FOLDER, CERTIFICATE, KEY = sys.argv[1:]
TENANT, CLIENT, SECRET = "72f988bf-86f1-41af-91ab-2d7cd011db47", "11111111-2222-3333-4444-555555555555", "s3cr3t~of.the_client"
ISSUER, SUBJECT = "https://oidc.cluster.example/", "system:serviceaccount:default:reader"
AUDIENCE = "api://AzureADTokenExchange"
RESOURCE = "https://storage.azure.com"
IDENTITY_HEADER = "853b9a84-5bfa-4b22-a3f3-0b9a43d9ad8a"
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SKEW = 300  # seconds that the times of an assertion may be off

lock = threading.Lock()


def path_of(name):
    return os.path.join(FOLDER, name)


def setting(name, default):
    try:
        with open(path_of(name), encoding="utf-8") as file:
            return file.read().strip()
    except FileNotFoundError:
        return default


def write(name, value):
    with open(path_of(name + ".new"), "w", encoding="utf-8", opener=lambda p, f: os.open(p, f, 0o600)) as file:
        file.write(value)
    os.rename(path_of(name + ".new"), path_of(name))


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def token(issuer, client):
    now = int(time.time())
    life = int(setting("life", "3599"))
    claims = {"aud": RESOURCE, "iss": issuer, "iat": now, "nbf": now, "exp": now + life, "appid": client, "tid": TENANT, "ver": "1.0"}
    parts = [encode(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "RS256"}, claims)]
    return ".".join(parts + [encode(os.urandom(256))]), int(setting("claimed", str(life)))


class Refusal(Exception):
    """status, error, code of Entra or 0, text"""


def sign(claims):
    text = ".".join(encode(json.dumps(part).encode()) for part in ({"alg": "RS256", "kid": "1"}, claims))
    made = subprocess.run(["openssl", "dgst", "-sha256", "-sign", path_of("issuer.key")], input=text.encode(), stdout=subprocess.PIPE, check=True)
    return text + "." + encode(made.stdout)


def check_assertion(text):
    try:
        head, body, signature = text.split(".")
        claims = json.loads(decode(body))
        if json.loads(decode(head))["alg"] != "RS256":
            raise ValueError
        times = [claims["exp"] + SKEW, claims.get("nbf", 0) - SKEW]
    except (ValueError, KeyError, TypeError):
        raise Refusal(401, "invalid_client", 50027, "JWT token is invalid or malformed.") from None
    now = time.time() + int(setting("clock", "0"))
    if claims.get("iss") != ISSUER:
        raise Refusal(401, "invalid_client", 700211, "No matching federated identity record found for presented assertion issuer.")
    with lock:
        with open(path_of("signature"), "wb") as file:
            file.write(decode(signature))
        good = subprocess.run(["openssl", "dgst", "-sha256", "-verify", path_of("issuer.pub"), "-signature", path_of("signature")],
                              input=(head + "." + body).encode(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0
    if not good:
        raise Refusal(401, "invalid_client", 5000224, "The signature of the assertion cannot be verified.")
    if claims.get("sub") != SUBJECT:
        raise Refusal(401, "invalid_client", 700213, "No matching federated identity record found for presented assertion subject.")
    if claims.get("aud") != AUDIENCE:
        raise Refusal(401, "invalid_client", 700212, "No matching federated identity record found for presented assertion audience.")
    if now > times[0] or now < times[1]:
        raise Refusal(401, "invalid_client", 700024, "Client assertion is not within its valid time range.")


def check_client(path, form):
    """As the authority checks a request for a token; returns the client."""
    tenant, _, rest = path.lstrip("/").partition("/")
    if rest != "oauth2/v2.0/token":
        raise Refusal(404, "invalid_request", 0, "")
    if tenant != TENANT:
        raise Refusal(400, "invalid_request", 90002, "Tenant '%s' not found." % tenant)
    for name in ("grant_type", "client_id", "scope"):
        if not form.get(name):
            raise Refusal(400, "invalid_request", 900144, "The request body must contain the following parameter: '%s'." % name)
    if form["grant_type"] != "client_credentials":
        raise Refusal(400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type.")
    if form["client_id"] != CLIENT:
        raise Refusal(400, "unauthorized_client", 700016, "Application with identifier '%s' was not found." % form["client_id"])
    if form["scope"] != RESOURCE + "/.default":
        raise Refusal(400, "invalid_scope", 1002012, "The provided value for scope is not valid.")
    if "client_assertion" in form:
        if form.get("client_assertion_type") != TYPE:
            raise Refusal(400, "invalid_request", 900144, "The request body must contain the following parameter: 'client_assertion_type'.")
        check_assertion(form["client_assertion"])
    elif "client_secret" not in form:
        raise Refusal(401, "invalid_client", 7000218, "The request body must contain: 'client_assertion' or 'client_secret'.")
    elif form["client_secret"] != SECRET:
        raise Refusal(401, "invalid_client", 7000215, "Invalid client secret provided.")
    elif setting("secret-ended", ""):
        raise Refusal(401, "invalid_client", 7000222, "The provided client secret keys for app are expired.")
    return form["client_id"]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def send(self, status, value):
        body = json.dumps(value).encode()
        with lock, open(path_of("log"), "a", encoding="utf-8") as file:
            file.write("%s %s %d\n" % (self.command, self.path.partition("?")[0], status))
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def told_to_fail(self):
        with lock:
            status, count = setting("fail", "0 0").split()
            if int(count):
                write("fail", "%s %d" % (status, int(count) - 1))
        return int(status) if int(count) else 0

    def guarded(self, answer):
        try:
            status = self.told_to_fail()
            if status:
                raise Refusal(status, "temporarily_unavailable", 0, "As it was told.")
            self.send(200, answer())
        except Refusal as e:
            status, error, code, text = e.args
            text = "AADSTS%d: %s Trace ID: 0 Correlation ID: 0" % (code, text) if code else text
            self.send(status, {"error": error, "error_description": text, **({"error_codes": [code]} if code else {})})


class Authority(Handler):
    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        form = urllib.parse.parse_qs(body, keep_blank_values=True)
        if self.headers.get("Content-Type") != "application/x-www-form-urlencoded" or any(len(v) > 1 for v in form.values()):
            raise Refusal(400, "invalid_request", 900144, "The request body must contain the following parameter: 'grant_type'.")
        client = check_client(self.path, {k: v[0] for k, v in form.items()})
        text, life = token("https://sts.windows.net/%s/" % TENANT, client)
        return {"token_type": "Bearer", "expires_in": life, "ext_expires_in": life, "access_token": text}

    def do_POST(self):
        self.guarded(self.answer)


class Machine(Handler):
    """IMDS at /metadata/identity/oauth2/token, the endpoint of App Service at /msi/token."""

    def answer(self):
        path, _, query = self.path.partition("?")
        asked = dict(urllib.parse.parse_qsl(query))
        app = path == "/msi/token"
        if not app and path != "/metadata/identity/oauth2/token":
            raise Refusal(404, "not_found", 0, "")
        if app and self.headers.get("X-IDENTITY-HEADER") != IDENTITY_HEADER:
            raise Refusal(401, "unauthorized", 0, "The header X-IDENTITY-HEADER is missing or wrong.")
        if not app and (self.headers.get("Metadata") != "true" or "X-Forwarded-For" in self.headers):
            raise Refusal(400, "bad_request_102", 0, "Required metadata header not specified")
        if asked.get("api-version") != ("2019-08-01" if app else "2018-02-01") or asked.get("resource", "").rstrip("/") != RESOURCE:
            raise Refusal(400, "invalid_request", 0, "The api-version or the resource is not known.")
        if asked.get("client_id", CLIENT) != CLIENT:
            raise Refusal(400, "invalid_request", 0, "Identity not found")
        text, life = token("https://sts.windows.net/%s/" % TENANT, CLIENT)
        value = {"access_token": text, "client_id": CLIENT, "expires_on": str(int(time.time()) + life), "resource": RESOURCE, "token_type": "Bearer"}
        if not app:
            value.update({"expires_in": str(life), "ext_expires_in": str(life), "not_before": str(int(time.time()))})
        return value

    def do_GET(self):
        self.guarded(self.answer)


def main():
    quiet = {"stderr": subprocess.DEVNULL, "check": True}
    subprocess.run(["openssl", "genrsa", "-out", path_of("issuer.key"), "2048"], **quiet)
    subprocess.run(["openssl", "rsa", "-in", path_of("issuer.key"), "-pubout", "-out", path_of("issuer.pub")], **quiet)
    now = int(time.time())
    claims = {"iss": ISSUER, "sub": SUBJECT, "aud": AUDIENCE, "iat": now, "nbf": now, "exp": now + 3600}
    write("assertion", sign(claims))
    write("assertion-of-another", sign({**claims, "sub": "system:serviceaccount:default:other"}))
    write("assertion-ended", sign({**claims, "nbf": now - 7200, "exp": now - 3600}))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, KEY)
    authority = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Authority)
    authority.socket = context.wrap_socket(authority.socket, server_side=True, do_handshake_on_connect=False)
    machine = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Machine)
    threading.Thread(target=authority.serve_forever, daemon=True).start()
    write("port", str(authority.server_address[1]))
    write("port-http", str(machine.server_address[1]))
    machine.serve_forever()


main()
