# shellcheck shell=bash
# A fake of the Hugging Face Hub (fake_hub.py says what it does and does not). After lib.sh.
#
#	start_hub                               HF_ENDPOINT names it
#	hub_commit REPOSITORY COMMIT REF…       makes $HUB/REPOSITORY/COMMIT, to be filled by the caller, and lets the refs point at it
#	hub_requests                            one a line: HOST METHOD PATH RANGE STATUS
HUB=$T/hub
COMMIT_A=$(printf a%.0s {1..40}) COMMIT_B=$(printf b%.0s {1..40})

start_hub() {
	requires python3
	mkdir -p "$HUB"
	python3 "$LIB/fake_hub.py" "$HUB" >"$HUB/fake.log" 2>&1 </dev/null &
	SERVERS+=($!)
	wait_until 30 test -s "$HUB/port"
	export HF_ENDPOINT=http://127.0.0.1:$(<"$HUB/port")
}

hub_commit() {
	local ref folder=$HUB/$1
	mkdir -p "$folder/$2"
	for ref in "${@:3}"; do
		[ ! -e "$folder/refs" ] || sed -i "/^$ref /d" "$folder/refs"
		echo "$ref $2" >>"$folder/refs"
	done
	printf %s "$folder/$2"
}

hub_requests() { cat "$HUB/log" 2>/dev/null; }
