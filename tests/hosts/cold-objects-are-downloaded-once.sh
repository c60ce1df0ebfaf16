#!/bin/bash
# Three hosts that open the same twenty cold objects at once read the right bytes, and download each object once where locks exclude and
# attributes are kept, else at most once a host.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/hosts.sh"

OBJECTS=20
for ((i = 0; i < OBJECTS; i++)); do make_file "$ORIGIN_DIR/demo/$i" $((100000 + i)) $i; done
start_nginx
start_hosts 3
demo_config
(cd "$ORIGIN_DIR/demo" && sha256sum -- * | sort) >wanted
for ((host = 1; host <= HOSTS; host++)); do
	# An agent that is there already, so that all begin at once.
	on_with $host stat -c %s "$MOUNT/0" >/dev/null
done
seq -f "$MOUNT/%g" 0 $((OBJECTS - 1)) >names
readers=()
for ((host = 1; host <= HOSTS; host++)); do
	on_with $host xargs -a "$T/names" -P $OBJECTS -n 1 sha256sum >got.$host &
	readers+=($!)
done
for pid in "${readers[@]}"; do wait "$pid" || fail 'a reader failed'; done
for ((host = 1; host <= HOSTS; host++)); do assert_equal "$(cat wanted)" "$(sed "s,$MOUNT/,," got.$host | sort)" "what host $host read"; done
if locks_exclude && keeps_attributes; then most=1; else most=$HOSTS; fi
for ((i = 0; i < OBJECTS; i++)); do assert_at_most "$most" "$(origin_requests "^GET /demo/$i 20")" "downloads of $i"; done
