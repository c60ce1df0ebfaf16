#!/bin/bash
# larder doctor fails, with the reason, for each kind of program that a preload does not reach or that goes round libc; and for no other.
. "$(dirname "$0")/../lib/lib.sh"

requires gcc objcopy
ORIGIN=file://$ORIGIN_DIR
mkdir -p "$ORIGIN_DIR/demo"
demo_config
printf 'int main(void) { return 0; }\n' >p.c
gcc -o plain p.c
cp plain "$ORIGIN_DIR/demo/tool"
printf '#!%s/wanted -x\n' "$T" >"$ORIGIN_DIR/demo/script"
echo text >"$ORIGIN_DIR/demo/data"
chmod +x "$ORIGIN_DIR/demo/tool" "$ORIGIN_DIR/demo/script"

# program_line PROGRAM: what is said of it.
program_line() { "$LARDER" doctor "$@" | grep '^[A-Z]* *program: ' || true; }
# fails PROGRAM REASON; works PROGRAM
fails() {
	! "$LARDER" doctor "$1" >/dev/null || fail "nothing is wrong with $1"
	assert_contains "$(program_line "$1")" 'FAIL  program: '
	assert_contains "$(program_line "$1")" "$2"
}
works() { assert_contains "$(program_line "$1")" 'OK    program: '; }

works ./plain
works cat

gcc -static -o static p.c
fails ./static 'statically linked'
gcc -static-pie -o static-pie p.c
fails ./static-pie 'statically linked'

# ELF of 32 bits and of another machine: the headers alone are looked at.
{ head -c 4 plain && printf '\001' && tail -c +6 plain; } >narrow
{ head -c 18 plain && printf '\026\000' && tail -c +21 plain; } >s390
chmod +x narrow s390
fails ./narrow 'another ELF class or machine'
fails ./s390 'another ELF class or machine'

# As Go's linker marks what it makes: by a note, and by a section where the note was left out.
cat >go.s <<'END'
.section .note.go.buildid, "a", @note
.long 4, 8, 4
.ascii "Go\0\0", "build-id"
.section .note.GNU-stack, "", @progbits
END
gcc -o go-note p.c go.s
fails ./go-note 'Go'
echo x >x
objcopy --add-section .go.buildinfo=x plain go-section
fails ./go-section 'Go'

gcc -o other-loader -Wl,--dynamic-linker=/lib/ld-musl-x86_64.so.1 p.c
fails ./other-loader 'another libc'

if [ "$(id -u)" = 0 ]; then
	cp plain setuid
	cp plain setgid
	chown 65534:65534 setuid setgid
	chmod u+s setuid
	chmod g+s setgid
	fails ./setuid setuid
	fails ./setgid setgid
fi

# Scripts are what runs them, in the end.
script() { printf '%s\n' "$2" >"$1" && chmod +x "$1"; }
script good "#!$T/plain"
works ./good
script to-static "#!$T/static"
fails ./to-static "$T/static, which is statically linked"
script twice "#!$T/to-static -x"
fails ./twice "$T/static, which is statically linked"
PATH=$T:$PATH
script by-env '#!/usr/bin/env -S go-note -x'
fails by-env 'go-note, which is written in Go'

# Programs that are objects themselves.
works "$MOUNT/tool"
fails "$MOUNT/data" 'not executable'
fails "$MOUNT/none" 'No such file'
cp static wanted
fails "$MOUNT/script" "$T/wanted, which is statically linked"
cp plain wanted
works "$MOUNT/script"
fails "$MOUNT" 'directory'
