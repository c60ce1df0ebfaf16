#!/bin/bash
# An error or a redirect whose body never ends, and header lines that never end, keep nobody: also where no object's bytes are counted.
. "$(dirname "$0")/../lib/lib.sh"

cat >endless.py <<'PY'
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *args):
        pass
    def do_GET(self):
        what = next((w for w in ("missing", "denied", "lines", "trailer", "redirect") if w in self.path), "missing")
        self.send_response({"missing": 404, "denied": 403, "redirect": 302}.get(what, 200))
        self.send_header("Location", "/x")
        try:
            while what == "lines":
                self.wfile.write(b"X-Filler: " + b"x" * 8000 + b"\r\n")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            while what == "trailer":
                self.wfile.write(b"0\r\n" + b"X-Filler: x\r\n" * 1000)
            while self.command != "HEAD":
                self.wfile.write(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")
        except OSError:
            pass
    do_HEAD = do_GET
server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
PY
python3 endless.py >port 2>/dev/null </dev/null &
SERVERS+=($!)
wait_until 30 test -s port
endpoint=http://127.0.0.1:$(<port)
write_config <<-INI
	retries = 0
	[profile s3]
	remote = s3://bucket
	endpoint = $endpoint
	anonymous = true
	path = $T/mnt/s3
	[profile hub]
	remote = hf://org/name
	endpoint = $endpoint
	anonymous = true
	path = $T/mnt/hub
INI
lists() { larder_preload timeout 60 ls "$T/mnt/$1"; }
assert_fails_with 'No such file' lists s3/missing
assert_fails_with 'Permission denied' lists s3/denied
for name in s3/lines s3/trailer hub/redirect; do assert_fails_with 'Input/output error' lists "$name"; done
