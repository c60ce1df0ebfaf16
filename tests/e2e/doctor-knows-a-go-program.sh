#!/bin/bash
# larder doctor knows what the Go toolchain makes, static or with cgo, with all options that leave something out.
# timeout: 180
. "$(dirname "$0")/../lib/lib.sh"

requires go gcc
ORIGIN=http://127.0.0.1:9
demo_config
export GOCACHE=$T/go-cache GOPATH=$T/go GOFLAGS=-mod=mod GOTOOLCHAIN=local
mkdir pure cgo
printf 'module p\n' | tee pure/go.mod >cgo/go.mod
printf 'package main\nfunc main() { println("x") }\n' >pure/p.go
printf 'package main\n// int one(void) { return 1; }\nimport "C"\nfunc main() { println(C.one()) }\n' >cgo/p.go
build() { (cd "$1" && CGO_ENABLED=$2 nice go build -o "$T/$3" "${@:4}" .); }
build pure 0 static
build cgo 1 with-cgo
build cgo 1 bare -ldflags '-s -w -buildid='
readelf -lW with-cgo | grep -q INTERP || fail 'the program with cgo is static'
for program in static with-cgo bare; do
	said=$("$LARDER" doctor "./$program" || true)
	assert_contains "$said" "FAIL  program: ./$program is written in Go"
done
