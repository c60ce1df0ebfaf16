"""python.py PART: what Python's standard library does with the tree in $R and $B; prints what it sees."""
import asyncio
import concurrent.futures
import csv
import fileinput
import filecmp
import fnmatch
import glob
import gzip
import hashlib
import json
import linecache
import lzma
import mmap
import os
import pathlib
import pickle
import pkgutil
import runpy
import select
import shutil
import socket
import sqlite3
import stat
import subprocess
import sys
import tarfile
import tempfile
import threading
import zipfile

ROOT, BYTES = os.environ["R"], os.environ["B"]


def digest(data):
    return hashlib.md5(data).hexdigest()


def read(path):
    with open(path, "rb") as file:
        return file.read()


def path():
    root = pathlib.Path(ROOT)
    print(sorted(p.name for p in root.iterdir()), sorted(map(str, root.glob("dirs/0[1-3]/**/*.txt"))), len(list(root.joinpath("deep").rglob("leaf"))))
    words = root / "text" / "words"
    print(words.exists(), words.is_file(), words.is_dir(), words.is_symlink(), words.is_mount(), words.owner() == pathlib.Path.home().owner())
    print(words.stat().st_size, oct(words.stat().st_mode), words.samefile(root / "text/../text/words"), words.resolve(), (root / "none/..").resolve())
    print(digest(words.read_bytes()), words.read_text()[:20], (root / "none").exists(), (root / "text/words/x").exists())
    for call in (root.joinpath("new").touch, root.joinpath("new").mkdir, words.unlink, lambda: words.write_text("x"), lambda: words.rename(root / "x"),
                 lambda: words.chmod(0o644), lambda: (root / "text").rmdir(), lambda: (root / "none/x").write_text(""), lambda: words.readlink()):
        try:
            call()
        except OSError as error:
            print(type(error).__name__, error.strerror)


def walk():
    for top, kind in ((ROOT + "/dirs/03", str), (ROOT + "/names", str), (BYTES, str), (os.fsencode(BYTES), bytes)):
        for folder, folders, files in os.walk(top):
            folders.sort()
            print(repr(folder), repr(folders), repr(sorted(files)))
    for folder, folders, files, fd in os.fwalk(ROOT + "/deep"):
        print(folder, files, [os.stat(f, dir_fd=fd).st_size for f in files], [os.stat(f, dir_fd=fd).st_nlink > 0 for f in folders])
    with os.scandir(ROOT + "/text") as entries:
        for e in sorted(entries, key=lambda e: e.name):
            print(e.name, e.path, e.is_file(), e.is_dir(), e.is_symlink(), e.stat().st_size, e.stat().st_mtime, e.inode() == os.stat(e.path).st_ino)
    fd = os.open(ROOT + "/sizes", os.O_RDONLY)
    print(sorted(os.listdir(fd)), os.access("0", os.R_OK, dir_fd=fd), os.fstat(fd).st_ino == os.stat(ROOT + "/sizes").st_ino)
    os.fchdir(fd)
    print(os.getcwd(), sorted(glob.glob("*5*")), sorted(glob.glob(ROOT + "/t*/*.csv")), glob.glob("../deep/**/leaf", recursive=True)[-1:] != [])
    print(len(glob.glob(ROOT + "/wide/f00??")), os.path.realpath(".."), os.path.ismount("."), fnmatch.filter(os.listdir("../names"), "*a*") != [])


def copies():
    shutil.copytree(ROOT + "/names", "names", dirs_exist_ok=True)
    shutil.copytree(BYTES + "/names", "bytes", copy_function=shutil.copyfile)
    shutil.copy2(ROOT + "/text/words", "words")
    shutil.copyfile(ROOT + "/sizes/5242881", "big")
    print(filecmp.cmp("words", ROOT + "/text/words", shallow=True), filecmp.cmp("big", ROOT + "/sizes/5242881", shallow=False))
    same = filecmp.dircmp("names", ROOT + "/names")
    print(len(same.same_files), same.diff_files, same.left_only, same.funny_files)
    print(shutil.disk_usage("names").total > 0, shutil.which("cat", path=BYTES + "/bin"), shutil.which("not-executable", path=BYTES + "/bin"))
    shutil.make_archive("text", "gztar", ROOT, "text/old")
    os.remove("text.tar.gz")
    for call in (shutil.rmtree, os.remove):
        try:
            call(ROOT + "/empty")
        except OSError as error:
            print(error.strerror, error.filename)
    with open(ROOT + "/sizes/65536", "rb") as source, open("sent", "wb") as target:
        print(os.sendfile(target.fileno(), source.fileno(), 5, 60000), os.copy_file_range(source.fileno(), target.fileno(), 100, 0))
    try:
        tempfile.NamedTemporaryFile(dir=ROOT + "/text")
    except OSError as error:
        print(error.strerror)


def maps():
    with open(ROOT + "/sizes/sparse", "rb") as file:
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as m:
            print(len(m), m.find(b"\x55", 1 << 20), m.rfind(b"\x55"), digest(m))
        with mmap.mmap(file.fileno(), 8192, access=mmap.ACCESS_COPY, offset=4096) as m:
            m[0] = 1
            print(m[0], file.read(1))
        try:
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_WRITE)
        except OSError as error:
            print(error.strerror)
        print(os.pread(file.fileno(), 3, 4094), os.lseek(file.fileno(), -1, os.SEEK_END), os.read(file.fileno(), 9))
        print(os.preadv(file.fileno(), [bytearray(4), bytearray(9)], 1 << 20), os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_WILLNEED))
        print(file.fileno() == os.dup2(file.fileno(), file.fileno()), file.readable(), file.writable(), file.isatty(), os.get_blocking(file.fileno()))
        for call in (lambda f: os.write(f, b"x"), lambda f: os.ftruncate(f, 0), lambda f: os.fchmod(f, 0o600), os.fsync, lambda f: os.posix_fallocate(f, 0, 1), lambda f: os.utime(f)):
            try:
                print(call(file.fileno()))
            except OSError as error:
                print(error.strerror)
        st = os.fstat(file.fileno())
        print(stat.filemode(st.st_mode), st.st_size, st.st_blocks, st.st_mtime_ns, os.path.samestat(st, os.stat(file.name)), select.select([file], [], [], 0)[0] == [file])


def archives():
    with zipfile.ZipFile(ROOT + "/archive/a.zip") as z:
        print(z.namelist(), z.testzip(), digest(z.read("text/words")))
        z.extractall("unzipped")
    with tarfile.open(ROOT + "/archive/a.tar.xz") as t:
        print(len(t.getnames()), digest(t.extractfile("text/log").read()))
    print(digest(gzip.open(ROOT + "/archive/words.gz").read()), digest(lzma.open(ROOT + "/archive/words.xz").read()), zipfile.is_zipfile(ROOT + "/text/words"))
    for path in ("/archive/broken.gz", "/none.gz"):
        try:
            gzip.open(ROOT + path).read()
        except (OSError, EOFError) as error:
            print(error)
    with zipfile.ZipFile("made.zip", "w") as z:
        for name in ("words", "log"):
            z.write(ROOT + "/text/" + name, name)


def data():
    print(len(json.load(open(ROOT + "/text/data.json"))["list"]), sum(int(r[2]) for r in csv.reader(open(ROOT + "/text/table.csv"))))
    db = sqlite3.connect("file:%s/db/words.sqlite?mode=ro" % ROOT, uri=True)
    print(db.execute("select count(*), max(word) from words").fetchone())
    try:
        sqlite3.connect(ROOT + "/db/words.sqlite").execute("delete from words")
    except sqlite3.Error as error:
        print(error)
    print(linecache.getline(ROOT + "/text/old", 7), sum(1 for _ in fileinput.input([ROOT + "/text/old", ROOT + "/text/new"])))
    for encoding in ("latin-1", "utf-8"):
        try:
            print(open(ROOT + "/text/latin1", encoding=encoding).read())
        except UnicodeDecodeError as error:
            print(error)
    print(open(ROOT + "/text/crlf", newline="").readlines(), open(ROOT + "/text/crlf").readlines())
    for mode in ("r", "w", "a", "r+", "x", "rb+", "wb"):
        for name in ("text/words", "text/none", "text", "none/x", "text/words/x"):
            try:
                open(ROOT + "/" + name, mode).close()
            except OSError as error:
                print(mode, name, repr(error).replace(ROOT, "R"))


def imports():
    sys.path.insert(0, ROOT + "/py")
    import pkg
    import space.inner
    print(pkg.__file__, pkg.one(), pkg.two(), space.inner.NAME, list(space.__path__), pkgutil.get_data("pkg", "data.txt"))
    print(sorted(m.name for m in pkgutil.walk_packages([ROOT + "/py"], onerror=print)), pkg.__spec__.cached)
    sys.path.insert(0, ROOT + "/py/code.zip")
    import zipped
    print(zipped.VALUE, zipped.__file__)
    try:
        import pkg.broken
    except SyntaxError as error:
        print(error, error.filename)
    try:
        import pkg.missing
    except ImportError as error:
        print(error)
    print(sorted(runpy.run_path(ROOT + "/script/../py/pkg/one.py"))[-1])


def processes():
    paths = ["%s/sizes/%d" % (ROOT, n) for n in (1, 4095, 65536, 131073)]
    for method in ("fork", "spawn", "forkserver"):
        print(subprocess.run([sys.executable, ROOT + "/py/spawn.py", method] + paths, stdout=subprocess.PIPE, check=False))
    with open(paths[2], "rb") as file:
        print(subprocess.run(["md5sum"], stdin=file, stdout=subprocess.PIPE, check=True).stdout)
        file.seek(65530)
        print(subprocess.run(["wc", "-c"], stdin=file, stdout=subprocess.PIPE, check=True).stdout)
        print(subprocess.run(["sh", "-c", "wc -c < /dev/fd/%d" % file.fileno()], pass_fds=[file.fileno()], stdout=subprocess.PIPE, check=True).stdout)
    print(subprocess.run("pwd; ls | head -n 3; cat < d00/leaf", shell=True, cwd=ROOT + "/deep", stdout=subprocess.PIPE, check=True).stdout)
    try:
        subprocess.run(["true"], cwd=ROOT + "/none", check=True)
    except OSError as error:
        print(error)
    print(os.popen("head -c 20 '%s'" % (ROOT + "/text/words")).read(), os.system("cmp '%s' '%s'" % (paths[0], paths[0])))
    pid = os.fork()
    if pid == 0:
        os._exit(len(read(paths[0])))
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    with open(paths[1], "rb") as file:
        socket.send_fds(ours, [b"x"], [file.fileno()])
    print(digest(os.read(socket.recv_fds(theirs, 1, 1)[1][0], 9999)))


async def read_all():
    loop = asyncio.get_running_loop()
    names = ["%s/dirs/%02d/%02d/x" % (ROOT, i, j) for i in range(2) for j in range(1, 20)]
    print(digest(b"".join(await asyncio.gather(*(loop.run_in_executor(None, read, n) for n in names)))))
    process = await asyncio.create_subprocess_exec("sort", ROOT + "/text/words", stdout=asyncio.subprocess.PIPE)
    print(digest((await process.communicate())[0]), process.returncode)


def threads():
    asyncio.run(read_all())
    names = ["%s/wide/f%04d" % (ROOT, i) for i in range(200)]
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        print(digest(b"".join(pool.map(read, names))), sum(pool.map(os.path.getsize, names)))
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        print(digest(b"".join(pool.map(read, names[:40], chunksize=10))))
    seen = []
    workers = [threading.Thread(target=lambda: seen.append(sorted(os.listdir(ROOT + "/names")))) for _ in range(16)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print(all(names == seen[0] for names in seen), len(pickle.dumps(seen[0])))


if __name__ == "__main__":
    globals()[sys.argv[1]]()
