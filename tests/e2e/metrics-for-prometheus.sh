#!/bin/bash
# Metrics come from a Unix socket or a loopback port and as a file, in the text format of Prometheus, whatever clients do; a reload moves them.
. "$(dirname "$0")/../lib/lib.sh"
requires curl python3

for i in 1 2; do make_file "$ORIGIN_DIR/demo/$i" 100000 "$i"; done
start_nginx
demo_config 'ttl = 0' "metrics = unix:$T/metrics.sock" "metrics_file = $T/larder.prom"
for i in 1 2 1; do read_object "$MOUNT/$i" >/dev/null; done
scrape() { curl -sS --max-time 20 --unix-socket "$T/metrics.sock" http://localhost/metrics; }
wait_until 20 test -S metrics.sock
text=$(scrape)
for line in 'larder_misses_total{profile="demo"} 2' 'larder_hits_total{profile="demo"} 1' 'larder_filled_bytes_total{profile="demo"} 200000' \
	'larder_cache_limit_bytes 53687091200' '# TYPE larder_hits_total counter'; do
	assert_contains "$text" "$line"
done
if command -v promtool >/dev/null; then promtool check metrics <<<"$text" || fail 'promtool finds mistakes'; fi
# Of the format itself: each sample belongs to the family that was announced before it, and is there once.
python3 - <<END
import re, sys
family, seen = None, set()
for line in '''$text'''.splitlines():
    if line.startswith('# HELP '): family = line.split()[2]
    elif line.startswith('# TYPE '): assert line.split()[2] == family and line.split()[3] in ('counter', 'gauge'), line
    else:
        m = re.fullmatch(r'(\w+)({profile="[^"]*"}|{version="[^"]*"})? (\d+)', line)
        assert m and m[1] == family and (m[1], m[2]) not in seen, line
        assert family.endswith('_total') == ('# TYPE %s counter' % family in '''$text'''), line
        seen.add((m[1], m[2]))
END
wait_until 30 test -s larder.prom
assert_contains "$(cat larder.prom)" '# TYPE larder_cached_bytes gauge'
assert_equal 644 "$(stat -c %a larder.prom)" 'mode of the file'

# Clients that misbehave, and more than there is room for.
python3 - <<END
import socket, time
def connect():
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(30)
    while True:
        try:
            s.connect('$T/metrics.sock')
            return s
        except BlockingIOError: # the queue is full for the moment
            time.sleep(0.01)
for request in b'GET / HTTP/1.1\r\n\r\n', b'x' * 5000, b'POST /metrics HTTP/1.1\r\n\r\n', b'\0' * 9:
    s = connect()
    s.sendall(request)
    assert s.recv(12)[:10] == b'HTTP/1.1 4', request
idle = [connect() for _ in range(40)]
for s in idle[16:24]:
    try: assert s.recv(1) == b''
    except ConnectionResetError: pass
for s in idle: s.close()
END
assert_contains "$(scrape)" 'larder_build_info{version="'

# Another address, after one that would let others in.
sed -i 's/^metrics = .*/metrics = 0.0.0.0:9180/' "$LARDER_CONFIG"
assert_fails_with 'neither unix:/path nor 127.0.0.1' "$LARDER" config --reload
port=$(guess_port)
sed -i "s/^metrics = .*/metrics = 127.0.0.1:$port/" "$LARDER_CONFIG"
"$LARDER" config --reload
by_port() { curl -sf --max-time 20 "http://127.0.0.1:$port/metrics" >scraped; }
wait_until 30 by_port
assert_contains "$(cat scraped)" 'larder_misses_total{profile="demo"} 2'
[ ! -e metrics.sock ] || fail 'the socket that is no longer wanted is there'
stop_agent
[ ! -e larder.prom ] || fail 'the file is there after the end'
