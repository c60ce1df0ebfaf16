#!/bin/bash
# A program goes on with the configuration that it began with, also when larder.ini has changed or is broken and its agent has left; what stands
# in the runtime folder is taken only if it is that configuration and nobody else can read it.
. "$(dirname "$0")/../lib/lib.sh"
requires python3

for i in 1 2 3; do make_file "$ORIGIN_DIR/demo/$i" 10000 "$i"; done
start_nginx
demo_config
# Reads an object whenever it is told one.
mkfifo ask answers
cat >reader.py <<'END'
import hashlib, sys
with open('ask') as ask, open('answers', 'w') as answers:
    for name in ask:
        try:
            with open(sys.argv[1] + '/' + name.strip(), 'rb') as f: said = hashlib.sha256(f.read()).hexdigest()
        except OSError as e: said = type(e).__name__
        print(said, file=answers, flush=True)
END
larder_preload python3 reader.py "$MOUNT" &
exec 7>ask 8<answers
read_by_old() {
	echo "$1" >&7
	read -r line <&8
	echo "$line"
}
assert_equal "$(digest "$ORIGIN_DIR/demo/1")" "$(read_by_old 1)" 'with its agent'
folder=$(echo "$XDG_RUNTIME_DIR"/larder/*)
stop_agent
assert_equal 600 "$(stat -c %a "$folder/larder.ini")" 'mode of what is kept'

echo 'colour = red' >"$LARDER_CONFIG"
assert_equal "$(digest "$ORIGIN_DIR/demo/2")" "$(read_by_old 2)" 'with a broken larder.ini'
demo_config 'ttl = 1h'
stop_agent

# Nothing else is taken for it.
sed -i 's/retries = 2/retries = 3/' "$folder/larder.ini"
assert_equal OSError "$(read_by_old 3)" 'with another text'
sed -i 's/retries = 3/retries = 2/' "$folder/larder.ini"
chmod 0640 "$folder/larder.ini"
rm "$folder/start.failed"
assert_equal OSError "$(read_by_old 3)" 'with a text that others could read'
chmod 0600 "$folder/larder.ini"
rm "$folder/start.failed"
assert_equal "$(digest "$ORIGIN_DIR/demo/3")" "$(read_by_old 3)" 'with the right text'
exec 7>&- 8<&-
