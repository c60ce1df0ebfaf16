#!/bin/bash
# A bash that uses the descriptors 3, 10 and 255 itself reads what it put there, cold and warm, and finds no other open.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/company.sh"

serve_numbers 20
for _ in cold warm; do
	# shellcheck disable=SC2016 # for the inner bash
	said=$(larder_preload bash -c '
		open() { echo /proc/$$/fd/*; }
		for n in /proc/$$/fd/*; do # of who started the test
			n=${n##*/}
			[ $n -lt 3 ] || [ $n = 255 ] || eval "exec $n<&-"
		done
		open >before
		exec 3<"$1/3" 10<"$1/10" 254<"$1/14"
		for i in 0 1 2; do read -r got <"$1/$i" && echo "$got"; done
		while read -r name; do echo "$name" >/dev/null; done < <(ls "$1")
		read -r a <&3; read -r b <&10; read -r c <&254; echo "$a $b $c"
		cat <"$1/15" 3<&- 10<&-
		exec 3<&- 10<&- 254<&- 7<"$1/7"
		exec {fd}<"$1/8" && read -r d <&$fd && read -r e <&7 && echo "$d $e $((fd >= 10))"
		exec {fd}<&- 7<&-
		open >after' bash "$NUMBERS")
	assert_equal "0
1
2
3 10 14
15
8 7 1" "$said"
	assert_equal "$(sed 's,[^ ]*/,,g' before)" "$(sed 's,[^ ]*/,,g' after)" 'the descriptors that are open'
done
# bash reads a script at 255, and what is on its stdin.
# shellcheck disable=SC2016 # for the script
echo 'cat "$1/5"; read -r line; echo "$line $(<"$1/6")"' >script
assert_equal $'5\n9 6' "$(larder_preload bash script "$NUMBERS" <"$ORIGIN_DIR/demo/numbers/9")"
