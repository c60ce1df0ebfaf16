#!/bin/bash
# Whoever is killed at whichever system call of a fill, an eviction or a replacement: the next one serves right bytes from a sound cache.
# timeout: 180
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/kills.sh"
requires jq

RUNS=${RUNS:-24}
most=()
kills_prepare
for who in agent reader group; do
	"kill_$who" 0
	[ "${BOUNDARIES:-0}" -gt 50 ] || fail "only '$BOUNDARIES' boundaries of $who"
	most[${#most[@]}]=$BOUNDARIES
done
seed=$RANDOM
echo "boundaries: agent ${most[0]}, reader ${most[1]}, group ${most[2]}; seed $seed"
RANDOM=$seed
for ((i = 0; i < RUNS; i++)); do
	case $((i % 6)) in
	4) kill_reader $((1 + RANDOM % most[1])) ;;
	5) kill_group $((1 + RANDOM % most[2])) ;;
	*) kill_agent $((1 + (RANDOM << 15 | RANDOM) % most[0])) ;;
	esac
done
kills_end
