#!/bin/bash
# A record has each object that a program and its children opened, once for each generation: also those of programs that were
# killed, of threads, of vfork children and of signal handlers, and whatever their names are.
. "$(dirname "$0")/../lib/lib.sh"

# field NAME [FILE]: of each object of the record, in its order.
field() { python3 -c 'import json, sys
for line in open(sys.argv[2]):
    r = json.loads(line)
    if sys.argv[1] in r: print(r[sys.argv[1]])' "$1" "${2:-record}"; }
count() { field opens | awk '{ n += $1 } END { print n + 0 }'; }

make_file "$ORIGIN_DIR/demo/x" 1000 1
odd='new
line "quoted" 100%? #1 ä '$'\xff\xfe'
make_file "$ORIGIN_DIR/demo/$odd" 10 2
for n in {1..40}; do make_file "$ORIGIN_DIR/demo/many/$n" 10 "1$n"; done
start_nginx
printf '%s\n' 'ttl = 0' '[profile demo]' "remote = $ORIGIN/demo" "path = $MOUNT" \
	'[profile folder]' "remote = file://$ORIGIN_DIR/demo" "path = $T/mnt/folder" | write_config
FOLDER=$T/mnt/folder

read_object "$MOUNT/x" >/dev/null
stop_agent

# A child, another generation meanwhile, a kill.
cat >program <<END
set -e
cat "$MOUNT/x" "$MOUNT/x" >/dev/null
(cat "$MOUNT/x" >/dev/null)
head -c 2000 /dev/zero >"$ORIGIN_DIR/demo/x.new" && mv "$ORIGIN_DIR/demo/x.new" "$ORIGIN_DIR/demo/x"
cat "$MOUNT/x" "\$ODD" >/dev/null
cat "$MOUNT/absent" 2>/dev/null || true
test -e "$FOLDER/many/1"
env LD_PRELOAD= cat /dev/null
kill -9 \$\$
END
old=$(curl -sI "$ORIGIN/demo/x" | tr -d '\r' | sed -n 's/^ETag: //Ip')
status=0
ODD=$FOLDER/$odd "$LARDER" run --record record -- sh program one 'two "'$'\xff' || status=$?
assert_equal 137 $status 'the status of a program that is killed'
new=$(curl -sI "$ORIGIN/demo/x" | tr -d '\r' | sed -n 's/^ETag: //Ip')
assert_equal "$(printf '%s\n' "$ORIGIN/demo/x" "$ORIGIN/demo/x" \
	"file://$ORIGIN_DIR/demo/new%0aline%20%22quoted%22%20100%25%3f%20%231%20%c3%a4%20%ff%fe")" "$(field url)"
assert_equal "$(printf '%s\n' 3 1 1)" "$(field opens)" opens
assert_equal "$(printf '%s\n' 1000 2000 10)" "$(field size)" sizes
assert_equal "$(printf '%s\n' 3000 2000 10)" "$(field bytes)" bytes
assert_equal "$(printf '%s\n' "$old" "$new")" "$(field etag | sed -n 1,2p)" etags
assert_equal "$(printf '%s\n' demo demo folder)" "$(field profile)" profiles
assert_equal "['sh', 'program', 'one', 'two \"\\udcff']" "$(field command)" 'the command'
assert_equal 9 "$(field signal)" 'the signal'
[[ $(field first | sed -n 1p) =~ ^20[0-9-]{8}T[0-9:]{8}\.[0-9]{3}Z$ ]] || fail "times: $(field first)"
assert_equal record "$(compgen -G "record*")" 'what is left of the recording'

# Many at once, by threads of several processes.
cat >threads.py <<END
import os, threading
def read(): [open("$FOLDER/many/%d" % n, "rb").read() for n in range(1, 41)]
pid = os.fork()
threads = [threading.Thread(target=read) for _ in range(4)]
[t.start() for t in threads]; [t.join() for t in threads]
if pid: os.wait()
END
"$LARDER" run --record record -- python3 threads.py
assert_equal '40 320' "$(field url | sort -u | wc -l) $(count)" 'objects and opens of many threads'

# Without larder run, the lines themselves.
LARDER_RECORD=$T/lines larder_preload python3 -c "
import signal, os
signal.signal(signal.SIGALRM, lambda *a: open('$FOLDER/many/2').close())
os.kill(os.getpid(), signal.SIGALRM)
os.close(os.open('$FOLDER/many/3', os.O_PATH))
os.posix_spawn('/bin/cat', ['cat', '$FOLDER/many/4'], os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, '/dev/null', os.O_WRONLY, 0)]); os.wait()"
assert_equal "$(printf '%s\n' 2 3 4)" "$(field url lines | sed 's,.*/,,')" 'lines of the shim'

# A program that is not started leaves the record of an earlier one, and nothing else.
cp record before
printf '#!/no/such/interpreter\n' >broken && chmod +x broken
for command in ./broken no-such-program; do
	status=0
	"$LARDER" run --record record -- "$command" 2>said || status=$?
	assert_equal 127 $status "the status of $command"
done
assert_same_file before record
assert_equal "$(printf '%s\n' record)" "$(compgen -G "record*")" 'what is left of the recording'
status=0
"$LARDER" run --record record -- sh -c 'exit 127' || status=$?
assert_equal 127 $status 'the status of the program'
assert_equal 127 "$(field status)" 'and in the record'

# Of a larder run that is killed, the lines are left, and are a record.
"$LARDER" run --record killed -- sh -c "cat '$FOLDER/many/'? '$FOLDER/many/40' >/dev/null; kill -9 \$PPID" 2>/dev/null || true
lines=$(compgen -G 'killed.*.opens')
wait_until 30 eval '[ "$(grep -c url "$lines")" = 10 ]'
assert_equal 10 "$(field url "$lines" | wc -l)" 'opens that were recorded'
assert_contains "$("$LARDER" warm --from-record "$lines")" '10 were there'
[ ! -e killed ] || fail 'a record of a run that was killed'

# A record that cannot be kept is none.
LARDER_RECORD=/proc/no-such assert_fails_with 'Input/output error' larder_preload cat "$FOLDER/x"
[ ! -e /dev/full ] || LARDER_RECORD=/dev/full assert_fails_with 'No space left' larder_preload cat "$FOLDER/x"
LARDER_RECORD=relative assert_fails_with 'Input/output error' larder_preload cat "$FOLDER/x"
"$LARDER" run --record /nowhere/record -- true 2>said && fail 'a record in no folder'
assert_contains "$(cat said)" '/nowhere/record: No such file'
mkdir folder
"$LARDER" run --record folder -- touch started 2>said && fail 'a record in place of a folder'
assert_contains "$(cat said)" 'folder: not a regular file'
[ ! -e started ] || fail 'the program was started'
