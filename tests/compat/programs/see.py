"""see.py ROOT: what a Python program can find out about a tree, in one line each."""
import errno
import filecmp
import fileinput
import glob
import hashlib
import io
import linecache
import mmap
import os
import pathlib
import shutil
import stat
import sys
import tempfile
import zipfile

ROOT = sys.argv[1]
NAMES = ["empty", "big", "with space.txt", "ünï.txt", "deep", "deep/", "missing", "empty/below", "big/", "script", "deep/../empty",
         "./deep/./0", "deep/../../" + os.path.basename(os.path.realpath(ROOT)) + "/empty"]


def attempt(call, *args, **named):
    """The result, or what is wrong as the program is told."""
    try:
        return call(*args, **named)
    except OSError as e:
        return (type(e).__name__, errno.errorcode.get(e.errno), e.filename, e.filename2)
    except (TypeError, ValueError) as e:
        return (type(e).__name__, str(e))


def show(label, call, *args, **named):
    print(label, attempt(call, *args, **named), sep=": ")


def read(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()[:16]


def facts(st):
    return stat.filemode(st.st_mode), st.st_size, st.st_mtime_ns, st.st_uid, st.st_gid


def walks(top):
    show("rglob", lambda: sorted(map(str, pathlib.Path(ROOT).rglob("*"))))
    show("glob", lambda: sorted(glob.glob(ROOT + "/**/*.py", recursive=True)) + sorted(glob.glob("*/*", root_dir=ROOT)))
    show("glob by descriptor", lambda: sorted(glob.glob("*/*", dir_fd=top)))
    for down in (True, False):
        show("walk", lambda: sorted((p, sorted(d), sorted(f)) for p, d, f in os.walk(ROOT, down)))
    show("fwalk", lambda: sorted((p, sorted(d), [(n, facts(os.stat(n, dir_fd=fd))) for n in sorted(f)]) for p, d, f, fd in os.fwalk(ROOT)))
    show("fwalk below", lambda: sorted((p, sorted(d), sorted(f)) for p, d, f, _ in os.fwalk("deep", dir_fd=top)))
    for where in (ROOT, top):
        with os.scandir(where) as entries:
            show("scandir", lambda: sorted(
                (e.name, e.is_dir(), e.is_file(), e.is_symlink(), facts(e.stat())[:1], e.inode() == e.stat().st_ino) for e in entries))
    show("listdir", lambda: sorted(os.listdir(top)) == sorted(os.listdir(ROOT)))
    show("bytes", lambda: sorted(os.listdir(os.fsencode(ROOT))))


def names(top):
    for name in NAMES:
        path = ROOT + "/" + name
        for call in (os.stat, os.lstat):
            show(f"{name} {call.__name__}", lambda: facts(call(path)))
        for call in (read, os.readlink, os.path.realpath, os.path.isdir, os.path.exists, os.path.ismount):
            show(f"{name} {call.__name__}", call, path)
        show(f"{name} listdir", lambda: sorted(os.listdir(path)))
        show(f"{name} access", lambda: [os.access(path, mode) for mode in (os.F_OK, os.R_OK, os.W_OK, os.X_OK)])
        show(f"{name} strict", lambda: str(pathlib.Path(path).resolve(strict=True)))
        show(f"{name} by descriptor", lambda: facts(os.stat(name, dir_fd=top)))
        show(f"{name} access by descriptor", os.access, name, os.R_OK, dir_fd=top, effective_ids=True)
        show(f"{name} link by descriptor", os.readlink, name, dir_fd=top)
        for flag in (os.O_DIRECTORY, os.O_NOFOLLOW, os.O_PATH, os.O_WRONLY, os.O_RDWR | os.O_CREAT, os.O_CREAT | os.O_EXCL, os.O_TRUNC):
            show(f"{name} open {flag:#o}", lambda: os.close(os.open(path, flag)))


def descriptors(top):
    fd = os.open("deep/1/f5", os.O_RDONLY, dir_fd=top)
    show("fstat", lambda: facts(os.fstat(fd)) == facts(os.stat(ROOT + "/deep/1/f5")))
    show("pread", lambda: (os.pread(fd, 100, 50), os.preadv(fd, [bytearray(10), bytearray(20)], 3)))
    show("lseek", lambda: [os.lseek(fd, 0, how) for how in (os.SEEK_END, os.SEEK_CUR, os.SEEK_SET, os.SEEK_HOLE, os.SEEK_DATA)])
    show("number", lambda: [read(f"/{way}/fd/{fd}") for way in ("proc/self", "dev")])
    show("name", os.readlink, f"/proc/self/fd/{fd}")
    show("name of a folder", os.readlink, f"/proc/self/fd/{top}")
    show("below a number", read, f"/proc/self/fd/{top}/deep/1/f5")
    show("change", lambda: [attempt(f, fd, *a) for f, a in ((os.fchmod, (0,)), (os.ftruncate, (0,)), (os.write, (b"x",)))])
    show("limits", lambda: (os.fpathconf(fd, "PC_NAME_MAX"), os.pathconf(ROOT, "PC_NAME_MAX"), os.statvfs(ROOT).f_namemax))
    show("writable", lambda: [bool(s.f_flag & os.ST_RDONLY) for s in (os.statvfs(ROOT + "/deep"), os.fstatvfs(fd), os.fstatvfs(top))])
    show("advice", os.posix_fadvise, fd, 0, 0, os.POSIX_FADV_SEQUENTIAL)
    show("space", lambda: shutil.disk_usage(ROOT).total > 0)
    os.close(fd)


def contents(scratch):
    with open(ROOT + "/big", "rb") as f:
        with mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ) as m:
            show("map", lambda: (len(m), hashlib.md5(m[1 << 20:]).hexdigest(), m.find(b"\0\0"), attempt(m.__setitem__, 0, 1)))
        with mmap.mmap(f.fileno(), 4096, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE, offset=8192) as m:
            m[:4] = b"mine"
            show("private map", lambda: hashlib.md5(m[:]).hexdigest())
        show("shared map", mmap.mmap, f.fileno(), 0)
        show("digest", lambda: hashlib.file_digest(f, "sha1").hexdigest())
        with open(scratch + "/sent", "wb") as out:
            at = 0
            while count := os.sendfile(out.fileno(), f.fileno(), at, 1 << 20):
                at += count
        show("sendfile", filecmp.cmp, ROOT + "/big", scratch + "/sent", False)
        reading, writing = os.pipe()
        show("splice", lambda: (os.splice(f.fileno(), writing, 100, offset_src=5), os.read(reading, 100)))
    with open(ROOT + "/lines", encoding="ascii") as f:
        show("seek", lambda: (f.seek(70), f.readline(), f.tell(), f.seek(0, 2), f.read()))
    show("lines", lambda: (sum(map(len, fileinput.input([ROOT + "/lines", ROOT + "/with space.txt"]))), linecache.getline(ROOT + "/lines", 7)))
    show("code", lambda: len(io.open_code(ROOT + "/lines").read()))


def copies(scratch):
    show("tree", lambda: os.path.basename(shutil.copytree(ROOT, scratch + "/copy")))
    same = filecmp.dircmp(ROOT, scratch + "/copy")
    show("same", lambda: (same.left_only, same.right_only, same.diff_files, sorted(same.subdirs)))
    for copy in (shutil.copy, shutil.copy2, shutil.copyfile):
        show(copy.__name__, lambda: facts(os.stat(copy(ROOT + "/script", scratch + "/" + copy.__name__)))[:2])
    show("archive", lambda: len(zipfile.ZipFile(shutil.make_archive(scratch + "/archive", "zip", ROOT)).namelist()))
    show("move", os.rename, ROOT + "/deep", ROOT + "/other")
    show("remove", lambda: attempt(shutil.rmtree, ROOT + "/deep")[:2])
    show("replace", lambda: attempt(os.replace, scratch + "/copyfile", ROOT + "/empty")[:2])
    show("link", lambda: attempt(os.link, ROOT + "/empty", scratch + "/hard")[:2])
    show("folder", os.makedirs, ROOT + "/new/folder")
    show("touch", (pathlib.Path(ROOT) / "new").touch)


def links(scratch):
    link = scratch + "/link"
    os.symlink(ROOT, link)
    show("through a link", lambda: (sorted(os.listdir(link)), facts(os.stat(link + "/empty")), os.path.realpath(link + "/deep")))
    show("resolved", lambda: str((pathlib.Path(link) / "deep" / ".." / "empty").resolve()))
    show("link itself", lambda: (os.path.islink(link), os.readlink(link), sorted(os.path.basename(p) for p in glob.glob(link + "/*"))))
    show("walk links", lambda: sorted(len(f) for _, _, f in os.walk(link, followlinks=True)))


def working_directory(top):
    here = os.getcwd()
    os.chdir(ROOT)
    show("cwd", lambda: (os.getcwd(), os.getcwdb(), pathlib.Path.cwd(), sorted(os.listdir()), os.path.abspath("x"), os.path.realpath("deep/1")))
    show("relative", lambda: (read("deep/../empty"), read("./lines"), attempt(read, "missing")))
    show("temporary", lambda: attempt(tempfile.mkstemp, dir=".")[:2])
    for way in ("deep", "..", top, "deep/1/..", "..", "missing", "empty"):
        show(f"cd {'descriptor' if way == top else way}", lambda: (attempt(os.chdir, way), os.getcwd(), len(os.listdir("."))))
    os.chdir(here)


folder = os.open(ROOT, os.O_RDONLY | os.O_DIRECTORY)
walks(folder)
names(folder)
descriptors(folder)
with tempfile.TemporaryDirectory() as mine:
    contents(mine)
    copies(mine)
with tempfile.TemporaryDirectory() as mine:
    links(mine)
working_directory(folder)
