#!/bin/bash
# A program that allows itself only the calls which it makes is not killed for one of ours.
. "$(dirname "$0")/../lib/lib.sh"

requires cc
ORIGIN=http://127.0.0.1:9
demo_config
cat >sandbox.c <<'EOC'
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Kills for anything but stat and exit; set by prctl, or by its number. The status is stat's errno. */
int main(int argc, char **argv)
{
	struct sock_filter filter[] = {
	        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_newfstatat, 2, 0),
	        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 1, 0),
	        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {sizeof filter / sizeof *filter, filter};
	struct stat st;
	int seen;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (argc > 2 ? syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog)
	             : prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog))
		return 200;
	seen = stat(argv[1], &st);
	_exit(seen ? errno : 0);
}
EOC
cc -O2 -o sandbox sandbox.c
ln -s nowhere link
ended() {
	local status=0
	"$@" || status=$?
	[ $status != 200 ] || { echo "$TEST: skipped: no seccomp here" && exit "$SKIP"; }
	echo $status
}
for path in "$T/none" none none/below link "$T/larder.ini"; do
	for way in '' number; do
		# shellcheck disable=SC2086 # no argument or one
		assert_equal "$(ended ./sandbox "$path" $way)" "$(ended larder_preload ./sandbox "$path" $way)" "$path $way"
	done
done
assert_equal 2 "$(ended ./sandbox none)" 'the status of a miss'
