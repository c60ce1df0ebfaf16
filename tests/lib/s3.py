#!/usr/bin/env python3
"""s3.py COMMAND: writes to an S3 server, for the tests; the standard library alone.

    make-bucket BUCKET         put BUCKET KEY FILE          rm BUCKET KEY
    put-many BUCKET FILE       lines of KEY<TAB>CONTENT, over several connections

Signs with AWS signature version 4 as https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html says.
S3_ENDPOINT is the server, as http://127.0.0.1:8080; S3_ACCESS_KEY and S3_SECRET_KEY are those of the
tests' own server unless set.
"""
import concurrent.futures
import datetime
import hashlib
import hmac
import http.client
import os
import sys
import urllib.parse

REGION = "us-east-1"
ENDPOINT = urllib.parse.urlsplit(os.environ["S3_ENDPOINT"])
ACCESS_KEY = os.environ.get("S3_ACCESS_KEY", "test:tester")
SECRET_KEY = os.environ.get("S3_SECRET_KEY", "testing")
CONNECTIONS = 8  # of put-many
TIMEOUT = 30  # seconds without an answer


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def sign(method, path, payload_hash, now):
    """The headers of a request for an already encoded path."""
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    headers = {"host": ENDPOINT.netloc, "x-amz-content-sha256": payload_hash, "x-amz-date": stamp}
    names = ";".join(sorted(headers))
    canonical = "\n".join(
        [method, path, ""] + ["%s:%s" % (k, headers[k]) for k in sorted(headers)] + ["", names, payload_hash])
    scope = "%s/%s/s3/aws4_request" % (stamp[:8], REGION)
    key = ("AWS4" + SECRET_KEY).encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), "sha256").digest()
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, sha256(canonical.encode())])
    headers["authorization"] = "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s" % (
        ACCESS_KEY, scope, names, hmac.new(key, text.encode(), "sha256").hexdigest())
    return headers


def request(connection, method, bucket, key="", body=b""):
    path = "/" + bucket
    if key:
        path += "/" + urllib.parse.quote(os.fsencode(key), safe="/~")
    now = datetime.datetime.now(datetime.timezone.utc)
    connection.request(method, path, body, sign(method, path, sha256(body), now))
    answer = connection.getresponse()
    text = answer.read()
    if answer.status >= 300 and not (method == "DELETE" and answer.status == 404):
        sys.exit("s3.py: %s %s: %d %s" % (method, path, answer.status, text.decode(errors="replace")[:300]))


def put_many(bucket, lines):
    connection = http.client.HTTPConnection(ENDPOINT.netloc, timeout=TIMEOUT)
    for line in lines:
        key, _, content = line.partition("\t")
        request(connection, "PUT", bucket, key, content.encode())


def main(command, *args):
    connection = http.client.HTTPConnection(ENDPOINT.netloc, timeout=TIMEOUT)
    if command == "make-bucket":
        request(connection, "PUT", args[0])
    elif command == "put":
        with open(args[2], "rb") as file:
            request(connection, "PUT", args[0], args[1], file.read())
    elif command == "put-many":
        with open(args[1], encoding="utf-8", newline="\n") as file:
            lines = file.read().splitlines()
        with concurrent.futures.ThreadPoolExecutor(CONNECTIONS) as pool:
            list(pool.map(lambda n: put_many(args[0], lines[n::CONNECTIONS]), range(CONNECTIONS)))
    elif command == "rm":
        request(connection, "DELETE", args[0], args[1])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except OSError as error:
        sys.exit("s3.py: %s" % error)
