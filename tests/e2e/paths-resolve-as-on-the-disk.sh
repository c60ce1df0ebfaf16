#!/bin/bash
# Random paths through links, dots and folders above lead to the same in a prefix as in a local tree.
. "$(dirname "$0")/../lib/lib.sh"

# One tree on the disk, and one whose mnt/data is virtual; in the second round without the folder above it.
for side in disk virtual; do
	mkdir -p "$side/sub/deep"
	for link in sub/up=.. sub/data=../mnt/data whole=mnt/data part=whole/dir file=part/x sub/deep/self=. loop=loop \
		dangling=none root="$T/$side" absolute="$T/$side/mnt/data/dir" above=mnt chain=sub/up/part through=whole/..; do
		ln -s "${link#*=}" "$side/${link%%=*}"
	done
	echo real >"$side/sub/plain"
done
mkdir -p disk/mnt/data/dir/inner
echo x >disk/mnt/data/dir/x
echo longer >disk/mnt/data/dir/inner/y
echo top >disk/mnt/data/top
chmod -R a-w disk/mnt
mkdir -p "$ORIGIN_DIR"
cp -a disk/mnt/data "$ORIGIN_DIR/demo"
MOUNT=$T/virtual/mnt/data
ORIGIN=file://$ORIGIN_DIR
demo_config
cat >walk.py <<'EOP'
import os, random, stat, sys

top, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
names = ["mnt", "data", "dir", "inner", "x", "y", "top", "sub", "deep", "plain", "none", "up", "whole", "part", "file",
         "self", "loop", "dangling", "root", "absolute", "above", "chain", "through", "..", "..", ".", ""]
rng = random.Random(seed)

def name(path):
    for side in ("/disk", "/virtual"):
        path = path.replace(top + side, "ROOT")
    return path

def outcome(call):
    try:
        return call()
    except OSError as e:
        return "error", e.errno

def kind(st):
    return stat.S_IFMT(st.st_mode), st.st_size if stat.S_ISREG(st.st_mode) else 0

def read(path, flags, dir_fd=None):
    fd = os.open(path, flags, dir_fd=dir_fd)
    try:
        st = os.fstat(fd)
        return kind(st), b"" if stat.S_ISDIR(st.st_mode) or flags & os.O_PATH else os.read(fd, 100)
    finally:
        os.close(fd)

def into(path):
    here = os.open(".", os.O_RDONLY)
    try:
        os.chdir(path)
        return name(os.getcwd())
    finally:
        os.fchdir(here)
        os.close(here)

def below(path):
    d = os.open(os.path.dirname(path) or ".", os.O_RDONLY | os.O_DIRECTORY)
    try:
        base = os.path.basename(path) or "."
        return kind(os.stat(base, dir_fd=d)), read(base, os.O_RDONLY, d)
    finally:
        os.close(d)

calls = {
    "stat": lambda p: kind(os.stat(p)),
    "lstat": lambda p: kind(os.lstat(p)),
    "open": lambda p: read(p, os.O_RDONLY),
    "nofollow": lambda p: read(p, os.O_RDONLY | os.O_NOFOLLOW),
    "directory": lambda p: read(p, os.O_RDONLY | os.O_DIRECTORY),
    "path": lambda p: read(p, os.O_PATH),
    "access": lambda p: os.access(p, os.R_OK),
    "readlink": lambda p: name(os.readlink(p)),
    # A link to a real folder above the prefix shows the disk's names alone: nothing tells it from any other.
    "list": lambda p: sorted(set(os.listdir(p)) - hidden),
    "chdir": into,
    "realpath": lambda p: name(os.path.realpath(p, strict=True)),
    "below": below,
}
list(os.walk(os.path.join(top, "virtual/mnt")))
hidden = set(sys.argv[4:])
wrong = 0
for _ in range(count):
    tail = "/".join(rng.choice(names) for _ in range(rng.randint(1, 6))) + rng.choice(["", "", "/", "/."])
    where = rng.choice(["", "sub", "sub/deep", "mnt/data/dir", "mnt"])
    absolute = rng.random() < 0.4
    call = rng.choice(sorted(calls))
    got = []
    for side in ("disk", "virtual"):
        os.chdir(os.path.join(top, side, where))
        path = os.path.join(top, side, tail.lstrip("/")) if absolute else tail.lstrip("/") or "."
        got.append(outcome(lambda: calls[call](path)))
    if got[0] != got[1]:
        wrong += 1
        print(f"{call} of {'ROOT/' if absolute else ''}{tail} in ROOT/{where}: {got[0]} on the disk, {got[1]} here")
        if wrong == 20:
            break
sys.exit(wrong > 0)
EOP
larder_preload python3 walk.py "$T" "${SEED:-1}" 6000 mnt
mkdir virtual/mnt
larder_preload python3 walk.py "$T" "${SEED:-2}" 6000 mnt data
