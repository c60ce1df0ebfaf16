#!/usr/bin/env python3
"""tree.py DIR: makes the tree that programs are compared over; the standard library, git and compressors where they are.

    DIR/data    some 3,000 entries; to be put into S3, and the local copy of that
    DIR/byte    what S3 cannot have: names that are not UTF-8 (its listings are XML), and executable files; both a
                file:// remote and its own local copy

The same bytes each time. Modes are those that larder shows, 0444 or 0555, and directories are of the time that it shows;
the times of the files in DIR/data are for `times` to set, which knows them from the store:

    tree.py times DIR LISTING   LISTING has lines of seconds, a tab and an object's key, each ended by a zero byte
"""
import bz2
import base64
import gzip
import io
import json
import lzma
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import zipfile

DIR_TIME = 315532800  # 1980-01-01, as docs/design.md says
FILE_TIME = 1600000000
WIDE = 1530  # more than a page of an S3 listing
DEEP = 40
SPARSE = 16 << 20
HUGE = 64 << 20

NAMES = [
    "sp ace", " leading", "trailing ", "two  spaces", "tab\tin", "new\nline", "\nfirst", "-dash", "--help", "-", ".hidden", "..twodots", "...",
    "plus+", "per%cent", "%41", "100%", "ü", "u\u0308", "日本語", "שלום", "🎈", "é\u200bzero", "quo'te", 'quo"te', "back\\slash", "back`tick",
    "st*r", "que?tion", "[a]", "[!a]", "{a,b}", "$HOME", "$(id)", "`id`", "a;b", "a|b", "a&b", "<in", ">out", "(paren)", "#hash", "!bang",
    "~tilde", "~", "a:b", "a=b", "a,b", "a@b", "a^b", "C:\\", "nul", "s3:", "http:", "x" * 255, "é" * 127, "A", "a", "A.", "file.tar.gz",
]

BYTE_NAMES = [
    b"\xff", b"\xff\xfe", b"caf\xe9", b"caf\xe9 cr\xe8me", b"\xc3", b"\xed\xa0\x80", b"\xc0\xaf", b"ok\x80\n", b"\x01\x02", b"\x7f", b"bell\x07",
    b"esc\x1b[31m", b"cr\r", b"-\xff", b"\xf0\x9f", b"\xfe" * 255,
]


def write(path, content, mode=0o444):
    if isinstance(content, str):
        content = content.encode()
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        if len(content) > 1 << 20:
            os.posix_fallocate(file.fileno(), 0, len(content))  # few extents, so that it has no block of its own for them
        file.write(content)
    os.chmod(path, mode)


def noise(size, seed):
    """Bytes that do not compress."""
    return random.Random(seed).randbytes(size)


def words(count, seed):
    rng = random.Random(seed)
    letters = "etaoinshrdlucmfwypvbgk"
    return ["".join(rng.choice(letters) for _ in range(rng.randint(1, 9))) for _ in range(count)]


def make_shapes(top):
    path = top + "/deep"
    for level in range(DEEP):
        path += "/d%02d" % level
        write(path + "/leaf", "level %d\n" % level)
    for i in range(WIDE):
        write("%s/wide/f%04d" % (top, i), "line %d\n" % i * (i % 40))
    for i in range(20):
        for j in range(20):
            write("%s/dirs/%02d/%02d/%s" % (top, i, j, "x" if j else "y.txt"), noise(i * j, i * 20 + j))
    for i in range(40):
        write("%s/empty-files/e%d" % (top, i), "")
    os.makedirs(top + "/empty/below")


def make_names(top):
    for i, name in enumerate(NAMES):
        write("%s/names/%s" % (top, name), "%d\n" % i)
        write("%s/dir names/%s/%s" % (top, name, name), "in %d\n" % i)


def make_text(top):
    text = top + "/text/"
    some = words(20000, 1)
    write(text + "words", "\n".join(some) + "\n")
    write(text + "sorted", "\n".join(sorted(some)) + "\n")
    write(text + "prose", "\n\n".join(" ".join(some[i:i + 90]) for i in range(0, 9000, 90)) + "\n")
    write(text + "table.csv", "".join("%d,%s,%d\n" % (i, w, len(w) * i) for i, w in enumerate(some[:3000])))
    write(text + "numbers", "".join("%d\n" % random.Random(i).randint(-10**9, 10**9) for i in range(5000)))
    write(text + "log", "".join("2024-01-%02d %s: %s\n" % (i % 28 + 1, ("error", "warning", "note")[i % 3], w) for i, w in enumerate(some[:6000])))
    write(text + "data.json", json.dumps({"list": [{"id": i, "word": w, "ok": i % 2 == 0} for i, w in enumerate(some[:500])]}, indent=1))
    write(text + "crlf", "one\r\ntwo\r\nthree\r\n")
    write(text + "no-newline", "the last line has no end")
    write(text + "one-long-line", "x" * 200000)
    write(text + "latin1", "caf\u00e9 na\u00efve\n".encode("latin-1"))
    write(text + "utf16", "\u65e5\u672c\n".encode("utf-16"))
    write(text + "binary", bytes(range(256)) * 16 + b"a string within\0another string\0")
    write(text + "old", "".join("line %d\n" % i for i in range(200)))
    write(text + "new", "".join("line %d%s\n" % (i, " changed" if i % 37 == 0 else "") for i in range(205)))
    write(text + "change.patch", "--- a\n+++ b\n@@ -1,3 +1,3 @@\n line 0\n-line 1\n+line one\n line 2\n")
    write(text + "sums.bc", "scale=20\n4*a(1)\n2^200\n")


def make_sizes(top):
    for size in (0, 1, 2, 511, 512, 4095, 4096, 4097, 65535, 65536, 131073, 1 << 20, (5 << 20) + 1):
        write("%s/sizes/%d" % (top, size), noise(size, size))
    sparse = bytearray(SPARSE)
    for at in (0, 4095, 1 << 20, (7 << 20) + 5, SPARSE - 1):
        sparse[at] = 0x55
    write(top + "/sizes/sparse", sparse)
    write(top + "/sizes/zeros", bytes(1 << 20))
    write(top + "/huge/64M", noise(HUGE, 64))


def reset(info):
    info.uid = info.gid = 0
    info.uname = info.gname = "root"
    info.mtime = FILE_TIME
    return info


def compress_with(command, data):
    """By a program, since the standard library has none; None where it is missing."""
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout if shutil.which(command[0]) else None


def make_archives(top):
    out = top + "/archive/"
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name in ("text/words", "text/log", "names", "empty-files"):
            tar.add("%s/%s" % (top, name), name, filter=reset)
    tar, text = plain.getvalue(), open(top + "/text/words", "rb").read()
    for suffix, packed in ((".gz", lambda d: gzip.compress(d, mtime=0)), (".xz", lzma.compress), (".bz2", bz2.compress),
                           (".zst", lambda d: compress_with(["zstd", "-qc"], d)), (".lz4", lambda d: compress_with(["lz4", "-qc"], d))):
        for name, data in (("a.tar", tar), ("words", text)):
            if packed(data) is not None:
                write(out + name + suffix, packed(data))
    write(out + "a.tar", tar)
    write(out + "broken.gz", gzip.compress(text, mtime=0)[:5000])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("words", "log", "data.json", "binary"):
            archive.writestr(zipfile.ZipInfo("text/" + name, (2020, 1, 2, 3, 4, 6)), open("%s/text/%s" % (top, name), "rb").read())
    write(out + "a.zip", packed.getvalue())
    write(out + "copy.zip", packed.getvalue())


def make_database(top):
    os.makedirs(top + "/db")
    db = sqlite3.connect(top + "/db/words.sqlite")
    db.execute("create table words (id integer primary key, word text, length integer)")
    db.executemany("insert into words values (?, ?, ?)", ((i, w, len(w)) for i, w in enumerate(words(20000, 1))))
    db.execute("create index by_word on words (word)")
    db.commit()
    db.close()


def make_programs(top):
    write(top + "/src/Makefile", "SRC := $(dir $(lastword $(MAKEFILE_LIST)))\nVPATH := $(SRC)\nCPPFLAGS += -I$(SRC)include\n"
          "prog: main.o lib.o\n\t$(CC) -o $@ $^\ninclude $(SRC)rules.mk\n")
    write(top + "/src/rules.mk", "%.o: %.c include/lib.h\n\t$(CC) $(CPPFLAGS) -O1 -c -o $@ $<\n"
          "list:\n\t@echo $(sort $(notdir $(wildcard $(SRC)*.c)))\n")
    write(top + "/src/include/lib.h", "#pragma once\nint twice(int n);\n")
    write(top + "/src/lib.c", '#include "lib.h"\nint twice(int n) { return 2 * n; }\n')
    write(top + "/src/main.c", '#include <stdio.h>\n#include "lib.h"\nint main(void) { printf("%d\\n", twice(21)); return 0; }\n')
    write(top + "/src/broken.c", '#include "missing.h"\nint main(void) { return x; }\n')
    write(top + "/py/pkg/__init__.py", "from .one import one\nfrom .sub import two\n")
    write(top + "/py/pkg/one.py", "def one():\n    return 1\n")
    write(top + "/py/pkg/sub/__init__.py", "def two():\n    return 2\n")
    write(top + "/py/pkg/broken.py", "def (\n")
    write(top + "/py/pkg/data.txt", "of the package\n")
    write(top + "/py/space/inner.py", "NAME = __name__\n")  # a namespace package
    write(top + "/py/main.py", "import pkg, sys\nprint(pkg.one(), pkg.two(), __file__, sys.path[0])\n")
    write(top + "/py/spawn.py", "import multiprocessing, sys\n\ndef size(path):\n    return len(open(path, 'rb').read())\n\n"
          "if __name__ == '__main__':\n    multiprocessing.set_start_method(sys.argv[1])\n"
          "    with multiprocessing.Pool(2) as pool:\n        print(pool.map(size, sys.argv[2:]))\n")
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr(zipfile.ZipInfo("zipped.py", (2020, 1, 2, 3, 4, 6)), "VALUE = 'from the zip'\n")
    write(top + "/py/code.zip", code.getvalue())
    write(top + "/script/source.sh", "here=sourced\nsay() { echo \"say $1\"; }\n")
    write(top + "/script/main.sh", '. "${0%/*}/source.sh"\nsay "$here $# $1"\nexit 3\n')
    write(top + "/script/main.pl", "use lib ($0 =~ m,(.*)/,)[0];\nuse Words;\nprint Words::count($ARGV[0]), \"\\n\";\n")
    write(top + "/script/Words.pm", "package Words;\nsub count { open my $f, '<', shift or die \"no: $!\\n\"; my $n = 0; $n++ while <$f>; $n }\n1;\n")
    write(top + "/script/main.awk", "{ n[length($0)]++ }\nEND { for (i = 1; i < 10; i++) print i, n[i] }\n")
    write(top + "/script/main.sed", "s/^error/ERROR/\n/note/d\n")
    write(top + "/script/main.lua", "package.path = arg[0]:match('(.*)/') .. '/?.lua'\nprint(require('words')(arg[1]))\n")
    write(top + "/script/words.lua", "return function(path) local n = 0; for _ in io.lines(path) do n = n + 1 end; return n end\n")
    write(top + "/script/main.rb", "require_relative 'words'\nputs words(ARGV[0])\n")
    write(top + "/script/words.rb", "def words(path) = File.readlines(path).size\n")
    write(top + "/script/main.tcl", "source [file join [file dirname [info script]] words.tcl]\nputs [words [lindex $argv 0]]\n")
    write(top + "/script/words.tcl", "proc words path { set f [open $path]; llength [split [string trim [read $f]] \\n] }\n")
    write(top + "/script/filter.jq", ".list | map(select(.ok)) | length\n")
    write(top + "/script/edit.vim", "%s/line/LINE/\n$delete\n")
    write(top + "/script/edit.ed", "1,5p\n/150/\n$=\nq\n")
    key = bytes.fromhex("302e020100300506032b657004220420") + bytes(range(32))  # PKCS#8, Ed25519
    write(top + "/tls/key.pem", "-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----\n" % base64.b64encode(key).decode())


def git(*args):
    date = "2020-01-02T03:04:05Z"
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
    settings = ("user.name=larder", "user.email=larder@localhost", "init.defaultBranch=main", "gc.auto=0")
    subprocess.run(["git"] + [w for s in settings for w in ("-c", s)] + list(args), check=True, env=env, stdout=subprocess.DEVNULL)


def make_repositories(top):
    if not shutil.which("git"):
        return
    work, bare = top + "/git/work", top + "/git/repo.git"
    git("init", "-q", "--template=", work)
    for i in range(30):
        write("%s/sub%d/file%d" % (work, i % 5, i), "\n".join(words(50, i)) + "\n", 0o644)
        if i % 10 == 9:
            git("-C", work, "add", ".")
            git("-C", work, "commit", "-q", "-m", "change %d" % i)
    git("-C", work, "branch", "other", "HEAD~1")
    git("clone", "-q", "--template=", "--bare", work, bare)
    git("-C", bare, "gc", "-q")
    write(work + "/sub1/file1", "changed\n", 0o644)
    write(work + "/untracked", "new\n", 0o644)


def make_bytes(top):
    os.makedirs(top)
    raw = os.fsencode(top)
    for i, name in enumerate(BYTE_NAMES):
        write(os.fsdecode(raw + b"/names/" + name), "%d\n" % i)
        write(os.fsdecode(raw + b"/dirs/" + name + b"/x"), "in %d\n" % i)
    write(top + "/bin/hello", "#!/bin/sh\necho \"hello $0 $*\"\n", 0o555)
    write(top + "/bin/perl-script", "#!/usr/bin/perl -w\nprint \"$0 @ARGV\\n\";\n", 0o555)
    write(top + "/bin/no-interpreter", "#!/nonexistent/interpreter\n", 0o555)
    write(top + "/bin/no-line", "echo \"no line $*\"\n", 0o555)
    write(top + "/bin/not-executable", "#!/bin/sh\necho never\n")
    shutil.copy(shutil.which("true"), top + "/bin/true")
    shutil.copy(shutil.which("cat"), top + "/bin/cat")


def finish(top):
    """The modes and times that larder shows."""
    for path, dirs, files in os.walk(top, topdown=False):
        for name in files:
            name = os.path.join(path, name)
            os.chmod(name, 0o555 if os.stat(name).st_mode & 0o100 and "/byte/" in name else 0o444)
            os.utime(name, (FILE_TIME, FILE_TIME))
        os.utime(path, (DIR_TIME, DIR_TIME))
        os.chmod(path, 0o555)


def set_times(top, listing):
    for line in open(listing, "rb").read().split(b"\0")[:-1]:
        seconds, key = line.split(b"\t", 1)
        if not key.endswith(b"/"):
            os.utime(os.path.join(os.fsencode(top), key), (int(seconds), int(seconds)))


def main():
    if len(sys.argv) == 4 and sys.argv[1] == "times":
        return set_times(sys.argv[2] + "/data", sys.argv[3])
    top = sys.argv[1] + "/data"
    for make in (make_shapes, make_names, make_text, make_sizes, make_archives, make_database, make_programs, make_repositories):
        make(top)
    make_bytes(sys.argv[1] + "/byte")
    finish(top)
    finish(sys.argv[1] + "/byte")


if __name__ == "__main__":
    main()
