#!/bin/bash
# Two agents, as if of two hosts, that fill one cache at the same time stay within its size together; when both have gone, what each has left is
# known to the next one.
. "$(dirname "$0")/../lib/lib.sh"

requires_unshare --uts
for i in {1..120}; do make_file "$ORIGIN_DIR/demo/$i" 200000 "$i"; done
start_nginx
demo_config 'size = 4M' 'part_size = 64K'
mkdir -m 0700 run.2
XDG_RUNTIME_DIR=$T/run.2 unshare --uts bash -c "hostname other && exec '$LARDER' agent" 2>other.log &
other=$!
SERVERS+=("$other")
answers() { XDG_RUNTIME_DIR=$T/run.2 "$LARDER" agent --status >/dev/null 2>&1; }
wait_until 20 answers

# Most of the objects by one of them each, and some by both.
cat >both <<END
seq -f '$MOUNT/%g' 1 70 | xargs -P 8 -n 1 sha256sum >got.1 &
seq -f '$MOUNT/%g' 51 120 | XDG_RUNTIME_DIR=$T/run.2 xargs -P 8 -n 1 sha256sum >got.2
wait
END
read -r bytes _ looks < <(python3 "$LIB/sampler.py" "$CACHE" env LD_PRELOAD="$SHIM" bash both)
assert_equal 140 "$(cat got.1 got.2 | wc -l)" 'objects read'
assert_equal 120 "$(cut -c1-64 got.1 got.2 | sort -u | wc -l)" 'different objects read'
assert_at_least 5 "$looks" 'looks at the disk'
assert_at_most $((4 * 1024 * 1024 + 16 * 64 * 1024)) "$bytes" 'bytes in the cache'
assert_at_least 2000000 "$bytes" 'bytes in the cache'
stop_agent
kill "$other"
wait "$other" || true
assert_equal '' "$(find "$CACHE/usage" -name '*.use')" 'records of agents that have gone'
held=$(cd "$CACHE" && find data trash -type f -printf '%b\n' | awk '{ n += $1 * 512 } END { print n + 0 }')
assert_at_most $((4 * 1024 * 1024)) "$held" 'bytes that are left'
noted=$(awk '$1 == "net" { print $2 }' "$CACHE/usage/base")
# Never too little; an object that both have published at once may be noted twice.
assert_at_least "$held" "$noted" 'bytes that are noted'
assert_at_most $((held + 2 * 208896)) "$noted" 'bytes that are noted'
