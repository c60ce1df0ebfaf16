#!/usr/bin/env python3
"""s3.py COMMAND: writes to an S3 server, for the tests; the standard library alone.

    make-bucket BUCKET         rm BUCKET KEY
    put BUCKET KEY FILE [NAME=VALUE…]    with these headers x-amz-…
    put-many BUCKET FILE       lines of KEY<TAB>CONTENT, over several connections
    put-tree BUCKET FOLDER     its files, and a marker for each empty folder, over several connections
    versions BUCKET KEY        the versions of the object, the latest first; from the first call on, the bucket keeps them
    list BUCKET                "SECONDS<TAB>KEY" of each object with its time, each ended by a zero byte

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
import xml.etree.ElementTree

REGION = "us-east-1"
ENDPOINT = urllib.parse.urlsplit(os.environ["S3_ENDPOINT"])
ACCESS_KEY = os.environ.get("S3_ACCESS_KEY", "test:tester")
SECRET_KEY = os.environ.get("S3_SECRET_KEY", "testing")
CONNECTIONS = 8  # of put-many
TIMEOUT = 30  # seconds without an answer


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def sign(method, path, query, payload_hash, now, more=()):
    """The headers of a request for an already encoded path."""
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    headers = {"host": ENDPOINT.netloc, "x-amz-content-sha256": payload_hash, "x-amz-date": stamp, **dict(more)}
    names = ";".join(sorted(headers))
    canonical = "\n".join(
        [method, path, query] + ["%s:%s" % (k, headers[k]) for k in sorted(headers)] + ["", names, payload_hash])
    scope = "%s/%s/s3/aws4_request" % (stamp[:8], REGION)
    key = ("AWS4" + SECRET_KEY).encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), "sha256").digest()
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, sha256(canonical.encode())])
    headers["authorization"] = "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s" % (
        ACCESS_KEY, scope, names, hmac.new(key, text.encode(), "sha256").hexdigest())
    return headers


def request(connection, method, bucket, key="", body=b"", query="", more=()):
    path = "/" + bucket
    if key:
        path += "/" + urllib.parse.quote(os.fsencode(key), safe="/~")
    now = datetime.datetime.now(datetime.timezone.utc)
    headers = sign(method, path, query, sha256(body), now, more)
    connection.request(method, path + ("?" + query if query else ""), body, headers)
    answer = connection.getresponse()
    text = answer.read()
    if answer.status >= 300 and not (method == "DELETE" and answer.status == 404):
        sys.exit("s3.py: %s %s: %d %s" % (method, path, answer.status, text.decode(errors="replace")[:300]))
    return text


def put_many(bucket, lines):
    connection = http.client.HTTPConnection(ENDPOINT.netloc, timeout=TIMEOUT)
    for line in lines:
        key, _, content = line.partition("\t")
        request(connection, "PUT", bucket, key, content.encode())


def put_files(bucket, top, paths):
    connection = http.client.HTTPConnection(ENDPOINT.netloc, timeout=TIMEOUT)
    for path in paths:
        content = b""
        if not path.endswith("/"):
            with open(path, "rb") as file:
                content = file.read()
        request(connection, "PUT", bucket, path[len(top) + 1:], content)


def put_tree(bucket, top):
    paths = []
    for folder, folders, files in os.walk(top):
        paths += [os.path.join(folder, name) for name in files]
        if not folders and not files:
            paths.append(folder + "/")
    with concurrent.futures.ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(lambda n: put_files(bucket, top, paths[n::CONNECTIONS]), range(CONNECTIONS)))


def list_bucket(bucket):
    connection = http.client.HTTPConnection(ENDPOINT.netloc, timeout=TIMEOUT)
    query = {"encoding-type": "url", "list-type": "2"}
    while True:
        text = "&".join("%s=%s" % (k, urllib.parse.quote(v, safe="~")) for k, v in sorted(query.items()))
        page = xml.etree.ElementTree.fromstring(request(connection, "GET", bucket, query=text))
        name = page.tag[:-len("ListBucketResult")]
        for entry in page.iter(name + "Contents"):
            when = datetime.datetime.fromisoformat(entry.findtext(name + "LastModified").replace("Z", "+00:00"))
            key = urllib.parse.unquote_to_bytes(entry.findtext(name + "Key"))
            sys.stdout.buffer.write(b"%d\t%s\0" % (when.timestamp(), key))
        if page.findtext(name + "IsTruncated") != "true":
            return
        query["continuation-token"] = page.findtext(name + "NextContinuationToken")


def versions(bucket, key):
    connection = http.client.HTTPConnection(ENDPOINT.netloc, timeout=TIMEOUT)
    request(connection, "PUT", bucket, body=b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
            query="versioning=")
    page = xml.etree.ElementTree.fromstring(request(connection, "GET", bucket, query="prefix=%s&versions=" % urllib.parse.quote(key, safe="~")))
    name = page.tag[:-len("ListVersionsResult")]
    for entry in page.iter(name + "Version"):
        if entry.findtext(name + "Key") == key:
            print(entry.findtext(name + "VersionId"))


def main(command, *args):
    connection = http.client.HTTPConnection(ENDPOINT.netloc, timeout=TIMEOUT)
    if command == "make-bucket":
        request(connection, "PUT", args[0])
    elif command == "put":
        with open(args[2], "rb") as file:
            request(connection, "PUT", args[0], args[1], file.read(), more=[word.split("=", 1) for word in args[3:]])
    elif command == "put-many":
        with open(args[1], encoding="utf-8", newline="\n") as file:
            lines = file.read().splitlines()
        with concurrent.futures.ThreadPoolExecutor(CONNECTIONS) as pool:
            list(pool.map(lambda n: put_many(args[0], lines[n::CONNECTIONS]), range(CONNECTIONS)))
    elif command == "put-tree":
        put_tree(args[0], os.path.normpath(args[1]))
    elif command == "list":
        list_bucket(args[0])
    elif command == "versions":
        versions(args[0], args[1])
    elif command == "rm":
        request(connection, "DELETE", args[0], args[1])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except OSError as error:
        sys.exit("s3.py: %s" % error)
