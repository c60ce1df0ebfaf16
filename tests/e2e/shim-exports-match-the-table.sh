#!/bin/bash
# The shim exports every name of shim/calls.def as a function, and nothing else.
. "$(dirname "$0")/../lib/lib.sh"

requires nm
table=$SOURCE/shim/calls.def
sed -nE 's/^(CALL\([^,]+,|TWIN\() *([A-Za-z0-9_]+),.*/\2/p' "$table" | LC_ALL=C sort >wanted
nm -D --defined-only "$SHIM" | LC_ALL=C sort -k 3 >exported
awk '{ print $3 }' exported >names

assert_equal "$(grep -cE '^(CALL|TWIN)\(' "$table")" "$(wc -l <wanted)" 'rows that were understood'
assert_equal '' "$(uniq -d wanted)" 'names in two rows'
assert_equal '' "$(LC_ALL=C comm -23 wanted names | xargs)" 'in the table and not exported'
assert_equal '' "$(LC_ALL=C comm -13 wanted names | xargs)" 'exported and not in the table'
assert_equal '' "$(awk '$2 != "T" { print $3 }' exported)" 'exported and not a function'

# A twin is the function that it is a twin of.
declare -A address
while read -r at _ name; do address[$name]=$at; done <exported
while read -r twin of; do
	assert_equal "${address[$of]}" "${address[$twin]}" "address of $twin"
done < <(sed -nE 's/^TWIN\(([A-Za-z0-9_]+), *([A-Za-z0-9_]+)\).*/\1 \2/p' "$table")
