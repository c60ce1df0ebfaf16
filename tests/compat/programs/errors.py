"""errors.py: calls that change or open, over paths of all shapes; prints the error of each. $R is read-only, $W is the empty working folder."""
import errno
import os

ROOT = os.environ["R"]
PATHS = ["none", "text", "text/", "none/", "text/words", "text/words/", "text/.", "text/..", "none/x", "text/words/x", "sizes/0", "text/none/.."]
OTHERS = [ROOT + p for p in ("/new", "/text/old", "/none/x", "/sizes", "/text/.", "/../byte/x")] + ["new", "f", "none/x", "d", "d/.", "f/x", "/"]
FLAGS = ["O_WRONLY", "O_RDWR|O_TRUNC", "O_RDONLY|O_TRUNC", "O_WRONLY|O_CREAT", "O_CREAT|O_EXCL", "O_CREAT", "O_RDONLY|O_DIRECTORY",
         "O_WRONLY|O_DIRECTORY", "O_TMPFILE|O_RDWR", "O_PATH", "O_RDONLY|O_NOFOLLOW", "O_WRONLY|O_APPEND|O_CREAT|O_NOFOLLOW"]


def attempt(call, *args):
    shown = [a.replace(ROOT, "R") if isinstance(a, str) else a for a in args]
    try:
        call(*args)
        result = "done"
    except OSError as error:
        result = errno.errorcode[error.errno]
    print(call.__name__, *shown, result)


def open_with(path, flags):
    value = 0
    for name in flags.split("|"):
        value |= getattr(os, name)
    os.close(os.open(path, value))


def from_folder(call, path):
    """The same through a descriptor of the root."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        getattr(os, call)(path, **({"mode": 0o600} if call == "chmod" else {}), dir_fd=folder)
    finally:
        os.close(folder)


def main():
    for name in ("", "/text", "/sizes"):
        os.listdir(ROOT + name)  # what is below a file can be told where its folder is known
    for path in PATHS:
        os.mkdir("d")
        open("f", "w").close()
        full = ROOT + "/" + path
        for call in (os.unlink, os.rmdir, os.remove, os.mkdir, os.mkfifo, os.utime, os.listdir, os.readlink, os.stat, os.lstat, os.chdir):
            attempt(call, full)
            os.chdir(os.environ["W"])
        attempt(os.chmod, full, 0o600)
        attempt(os.truncate, full, 0)
        attempt(os.symlink, "target", full)
        for other in OTHERS:
            for call in (os.rename, os.link):
                attempt(call, full, other)
                attempt(call, other, full)
        for flags in FLAGS:
            attempt(open_with, full, flags)
        for call in ("unlink", "rmdir", "mkdir", "stat", "chmod", "utime", "readlink"):
            attempt(from_folder, call, path)
        print(path, [os.access(full, mode) for mode in (os.F_OK, os.R_OK, os.W_OK, os.X_OK)])
        for call, name in ((os.rmdir, "d"), (os.unlink, "f")):
            call(name)


main()
