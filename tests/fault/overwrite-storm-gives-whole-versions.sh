#!/bin/bash
# An object that is replaced a thousand times while sixteen readers read it: each read is one version, over HTTP and from a folder.
. "$(dirname "$0")/../lib/lib.sh"
# timeout: 120

WRITES=${WRITES:-1000} READERS=${READERS:-16}

# Every line of a version has its number, so that a mixture shows; the sizes differ too.
cat >writer.py <<'END'
import os, sys, time
folder, writes = sys.argv[1:]
for n in range(int(writes)):
    with open(folder + "/new", "w") as f:
        f.write(f"{n:08}\n" * (8000 + n % 7 * 1000))
    os.utime(folder + "/new", (n, n))
    os.rename(folder + "/new", folder + "/x")
    # The readers' pace, and not that of a disk, is what matters.
    time.sleep(0.003)
END
cat >reader.py <<'END'
import os, sys, time
path, writer = sys.argv[1:]
versions, reads = set(), 0
while os.path.exists("/proc/" + writer):
    try:
        with open(path, "rb") as f:
            size = os.fstat(f.fileno()).st_size
            lines = f.read().split(b"\n")
    except FileNotFoundError:
        sys.exit("it was gone")
    except OSError:
        continue # it changed again and again: an error, and no mixture
    n = int(lines[0])
    assert lines.pop() == b"" and len(set(lines)) == 1, f"a mixture: {set(lines)}"
    assert len(lines) == 8000 + n % 7 * 1000 and size == 9 * len(lines), f"a part of {n}: {len(lines)} lines, {size} bytes"
    versions.add(n)
    reads += 1
    time.sleep(0.05)
print(reads, len(versions))
END
last_is_read() { [ "$(read_object "$MOUNT/x")" = "$LAST" ]; }
storm() {
	local writer i
	python3 writer.py "$ORIGIN_DIR/demo" 1
	python3 writer.py "$ORIGIN_DIR/demo" "$WRITES" &
	writer=$! pids=()
	for ((i = 0; i < READERS; i++)); do
		larder_preload python3 reader.py "$MOUNT/x" $writer >"reads.$i" &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do wait "$pid" || fail "$1: a reader saw what no version is"; done
	wait $writer
	assert_at_least "$READERS" "$(cat reads.* | awk '{ n += $1 } END { print n }')" "$1: reads"
	# In the end it is the last version: an object that was just filled is fresh until it has its name, a second or so later.
	LAST=$(digest "$ORIGIN_DIR/demo/x")
	wait_until 30 last_is_read
	stop_agent
	"$LARDER" verify -q || fail "$1: the cache is damaged"
	awk -v what="$1" '{ n += $1; v += $2 } END { printf "%s: %d reads\n", what, n }' reads.*
}

mkdir "$ORIGIN_DIR/demo"
start_nginx
demo_config 'ttl = 0s' 'part_size = 64K' 'retries = 10'
storm http
ORIGIN=file://$ORIGIN_DIR
demo_config 'ttl = 0s' 'retries = 10'
storm folder
