#!/bin/bash
# Two hosts read an object that changes at the remote again and again: each sees the new one after its ttl, and whatever is read is one
# version from end to end.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/hosts.sh"

VERSIONS=4
# put VERSION: at once, with an ETag of its own (nginx makes it of the time and the size).
put() {
	make_file "$T/next" $((300000 + $1)) "$1"
	mkdir -p "$ORIGIN_DIR/demo"
	mv "$T/next" "$ORIGIN_DIR/demo/x"
}
put 1
start_nginx
start_hosts 2
demo_config 'ttl = 1s'
for ((i = 1; i <= VERSIONS; i++)); do
	make_file "$T/version" $((300000 + i)) "$i"
	digest "$T/version" >>versions
done

for host in 1 2; do
	on_with $host bash -c 'until [ -e "$2" ]; do sha256sum <"$1" || exit; done' bash "$MOUNT/x" "$T/enough" >read.$host 2>said.$host &
	readers[host]=$!
done
for ((i = 1; i <= VERSIONS; i++)); do
	put "$i"
	sleep 1.2
	for host in 1 2; do assert_equal "$(sed -n "${i}p" versions)" "$(host_reads $host "$MOUNT/x")" "version $i on host $host"; done
done
touch enough
for host in 1 2; do wait "${readers[host]}" || fail "a reader on host $host failed: $(cat said.$host)"; done
for host in 1 2; do
	assert_equal '' "$(sed 's/ .*//' read.$host | sort -u | comm -23 - <(sort versions))" "what is no version, on host $host"
	assert_at_least $VERSIONS "$(wc -l <read.$host)" "reads on host $host"
done
