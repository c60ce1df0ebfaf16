#!/bin/bash
# Whatever is deleted, cut, replaced or locked up in the cache while programs read: right bytes or an error, no crash, and no agent that hangs.
# timeout: 120
. "$(dirname "$0")/../lib/lib.sh"

ROUNDS=${ROUNDS:-60}
for i in {1..8}; do make_file "$ORIGIN_DIR/demo/d$((i % 2))/$i" $((i * 40000)) "$i"; done
ORIGIN=file://$ORIGIN_DIR
demo_config 'ttl = 0s' 'size = 1M' 'negative_ttl = 0s'
cat >reader.py <<'END'
import hashlib, os, sys, time
mount, origin, until = sys.argv[1:]
wanted = {n: hashlib.sha256(open(f"{origin}/{n}", "rb").read()).hexdigest() for n in [f"d{i % 2}/{i}" for i in range(1, 9)]}
right = errors = 0
while not os.path.exists(until):
    for name, digest in wanted.items():
        try:
            with open(f"{mount}/{name}", "rb") as f:
                got = hashlib.sha256(f.read()).hexdigest()
            os.listdir(os.path.dirname(f"{mount}/{name}"))
        except FileNotFoundError as e:
            sys.exit(f"the origin has it: {e}")
        except OSError as e:
            errors += 1
            if os.environ.get("VERBOSE"): print(name, e, file=sys.stderr)
            continue
        assert got == digest, f"wrong bytes of {name}"
        right += 1
        time.sleep(0.01)
print(right, errors)
END
for n in 1 2 3; do
	larder_preload python3 reader.py "$MOUNT" "$ORIGIN_DIR/demo" "$T/enough" >"reads.$n" 2>"reads.$n.err" &
	readers[n]=$!
done

# Something of the cache, the top folders included, but not the cache itself.
anything() { find "$CACHE" -mindepth 1 "$@" 2>/dev/null | shuf -n 1 --random-source=<(yes "$seed$round"); }
mkdir elsewhere
seed=${SEED:-$RANDOM}
echo "seed $seed"
RANDOM=$seed
for ((round = 0; round < ROUNDS; round++)); do
	case $((RANDOM % 8)) in
	0 | 1) rm -rf "$(anything)" ;;
	# Not the bytes of an object, which somebody may have open: what was cut before is damaged-cache-is-not-served's.
	2) truncate -s $((RANDOM % 3 * 1000)) "$(anything -type f ! -path '*/data/*' ! -path '*/tmp/*')" ;;
	3) victim=$(anything -type f) && rm -f "$victim" && mkdir "$victim" ;;
	4) chmod 0 "$(anything ! -type l)" ;; # or it would be what a link leads to
	5) victim=$(anything) && rm -rf "$victim" && ln -s "$T/elsewhere" "$victim" ;;
	# Within data/ only who owns the cache could plant one; for one that is shared, the tests of groups have it.
	6) victim=$(anything ! -path '*/data/*') && rm -rf "$victim" && mkfifo "$victim" ;;
	7) victim=$(anything -path '*/data/*') && rm -rf "$victim" && head -c 5000 /dev/urandom >"$victim" ;;
	esac 2>/dev/null || true
	sleep 0.05
	for n in 1 2 3; do kill -0 "${readers[n]}" 2>/dev/null || fail "reader $n has ended: $(cat "reads.$n.err")"; done
done
touch enough
for n in 1 2 3; do wait "${readers[n]}" || fail "reader $n: $(cat "reads.$n.err")"; done
cat reads.?
! grep -l 'the agent crashed' "$XDG_RUNTIME_DIR"/larder/*/agent.log* || fail 'an agent crashed'
stop_agent

# With the cache as it was left, a new agent serves right bytes; and once it has been emptied, it is kept again.
for i in {1..8}; do assert_equal "$(digest "$ORIGIN_DIR/demo/d$((i % 2))/$i")" "$(read_object "$MOUNT/d$((i % 2))/$i")" "object $i after the damage"; done
stop_agent
chmod -R u+rwX "$CACHE" && rm -rf "$CACHE"
assert_equal "$(digest "$ORIGIN_DIR/demo/d0/2")" "$(read_object "$MOUNT/d0/2")"
assert_cached d0/2
