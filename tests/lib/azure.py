#!/usr/bin/env python3
"""azure.py COMMAND: writes to a Blob service, for the tests; the standard library alone.

    make-container CONTAINER       put CONTAINER BLOB FILE [NAME=VALUE…]      rm CONTAINER BLOB
    put-many CONTAINER FILE        lines of BLOB<TAB>CONTENT
    snapshot CONTAINER BLOB        makes one, and prints its time
    sas CONTAINER END [PERMISSIONS]    a shared access signature until END (2026-01-31T12:00:00Z), to read and list if not said otherwise

NAME=VALUE is metadata. Signs by Shared Key, as "Authorize with Shared Key" of the REST reference of Azure Storage says, and makes
signatures as "Create a service SAS" there. BLOB_ENDPOINT is the server, as http://127.0.0.1:10000/ACCOUNT; the key is that of
the emulator's account, which everybody knows, unless BLOB_KEY is set. Over TLS SSL_CERT_FILE names the authorities.
"""
import base64
import email.utils
import hashlib
import hmac
import http.client
import os
import sys
import urllib.parse

ENDPOINT = urllib.parse.urlsplit(os.environ["BLOB_ENDPOINT"])
ACCOUNT = ENDPOINT.path.strip("/")
KEY = base64.b64decode(os.environ.get(
    "BLOB_KEY", "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="))
VERSION = "2023-11-03"
TIMEOUT = 30  # seconds without an answer


def signature(text):
    return base64.b64encode(hmac.new(KEY, text.encode(), hashlib.sha256).digest()).decode()


def request(connection, method, container, blob="", body=b"", query=(), headers=()):
    path = "%s/%s" % (ENDPOINT.path, container)
    if blob:
        path += "/" + urllib.parse.quote(os.fsencode(blob), safe="/~")
    headers = {"x-ms-date": email.utils.formatdate(usegmt=True), "x-ms-version": VERSION, **dict(headers)}
    text = [method, "", "", str(len(body)) if body else "", "", "", "", "", "", "", "", ""]
    text += ["%s:%s" % (name, headers[name]) for name in sorted(headers)]
    text += ["/%s%s" % (ACCOUNT, path)] + ["%s:%s" % item for item in sorted(query)]
    headers["authorization"] = "SharedKey %s:%s" % (ACCOUNT, signature("\n".join(text)))
    connection.request(method, path + ("?" + urllib.parse.urlencode(query) if query else ""), body, headers)
    answer = connection.getresponse()
    said = answer.read()
    if answer.status >= 300 and not (method == "DELETE" and answer.status == 404):
        sys.exit("azure.py: %s %s: %d %s" % (method, path, answer.status, said.decode(errors="replace")[:300]))
    return answer


def put(connection, container, blob, body, metadata=()):
    headers = {"x-ms-meta-" + name: value for name, _, value in (item.partition("=") for item in metadata)}
    request(connection, "PUT", container, blob, body, headers={"x-ms-blob-type": "BlockBlob", **headers})


def sas(container, end, permissions="rl"):
    resource = "/blob/%s/%s" % (ACCOUNT, container)
    text = [permissions, "", end, resource, "", "", "", VERSION, "c", "", "", "", "", "", "", ""]
    fields = {"sv": VERSION, "se": end, "sr": "c", "sp": permissions, "sig": signature("\n".join(text))}
    return urllib.parse.urlencode(fields)


def main(command, container, *rest):
    kind = http.client.HTTPSConnection if ENDPOINT.scheme == "https" else http.client.HTTPConnection
    connection = kind(ENDPOINT.netloc, timeout=TIMEOUT)
    if command == "make-container":
        request(connection, "PUT", container, query=[("restype", "container")])
    elif command == "put":
        with open(rest[1], "rb") as file:
            put(connection, container, rest[0], file.read(), rest[2:])
    elif command == "put-many":
        with open(rest[0], encoding="utf-8") as file:
            for line in file.read().splitlines():
                blob, _, content = line.partition("\t")
                put(connection, container, blob, content.encode())
    elif command == "rm":
        request(connection, "DELETE", container, rest[0])
    elif command == "snapshot":
        print(request(connection, "PUT", container, rest[0], query=[("comp", "snapshot")]).getheader("x-ms-snapshot"))
    elif command == "sas":
        print(sas(container, *rest))
    else:
        sys.exit(__doc__)


main(*sys.argv[1:])
