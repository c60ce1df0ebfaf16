"""code.py ROOT: imports and runs Python code that lies in ROOT/code, and starts processes in the tree that read it."""
import asyncio
import concurrent.futures
import importlib
import importlib.resources
import importlib.util
import multiprocessing
import os
import pkgutil
import runpy
import socket
import subprocess
import sys
import tarfile
import zipfile
import zipimport


def job(path):
    with open(path, "rb") as f:
        return os.path.basename(path), len(f.read()), len(os.listdir(os.path.dirname(path) or "."))


def imports(code):
    sys.path[:0] = [code, code + "/zipped.zip"]
    import alone
    import packed.deep
    import package
    import space.part.inner
    print(alone.answer(), alone.__file__, alone.__cached__, package.value, package.__path__, list(space.__path__), packed.deep.z)
    print(space.part.inner.NAME, packed.__file__, importlib.util.find_spec("package.sub").origin, importlib.util.find_spec("missing"))
    print(sorted(m.name for m in pkgutil.iter_modules([code, code + "/zipped.zip"])))
    print(importlib.resources.files("package").joinpath("data.json").read_text(), pkgutil.get_data("package", "data.json"))
    print(len(zipimport.zipimporter(code + "/zipped.zip").get_data("big.txt")), package.__loader__.get_source("package"))
    print(runpy.run_path(code + "/alone.py")["NAME"], importlib.reload(alone).NAME, importlib.invalidate_caches())
    sys.stdout.flush()
    runpy.run_path(code + "/main")


def commands(code):
    env = dict(os.environ, PYTHONPATH=code)
    for command in ([sys.executable, code + "/main", "a"], [sys.executable, "-m", "package.sub"], [sys.executable, "-c", "import alone, os; print(os.getcwd())"],
                    [sys.executable, code + "/zipped.zip"], ["ls"], ["pwd"], ["cat", "alone.py"], ["sh", "-c", "cd package; pwd; cat *.py; echo $OLDPWD"]):
        done = subprocess.run(command, cwd=code, capture_output=True, text=True, env=env)
        print(command[1:], done.stdout, done.stderr, done.returncode)
    for way in ({"preexec_fn": os.getpid}, {"close_fds": False}, {"start_new_session": True}):
        print(subprocess.run(["cat", "package/data.json"], cwd=code, capture_output=True, **way).stdout)
    for cwd in ("/missing", "/alone.py"):
        try:
            subprocess.run(["true"], cwd=code + cwd)
        except OSError as e:
            print(type(e).__name__, e.errno, e.filename)
    with open(code + "/alone.py") as f:
        print(subprocess.run(["cat"], stdin=f, capture_output=True).stdout)
    folder = os.open(code, os.O_RDONLY)
    print(subprocess.run(["sh", "-c", f"cat /proc/self/fd/{folder}/alone.py"], pass_fds=[folder], capture_output=True))
    print(os.popen(f"cat '{code}'/package/sub.py").read(), os.system(f"test -d '{code}'"))
    print(subprocess.run([os.path.dirname(code) + "/script", "x"], capture_output=True))
    sys.stdout.flush()
    child = os.posix_spawn("/bin/cat", ["cat", code + "/package/sub.py"], os.environ)
    print(os.waitpid(child, 0)[1])


def pools(root):
    files = [f"{root}/deep/{i % 4}/f{i}" for i in range(40)]
    wanted = [job(f) for f in files]
    os.chdir(root)
    for how in ("fork", "spawn", "forkserver"):
        with multiprocessing.get_context(how).Pool(2) as pool:
            print(how, pool.map(job, files) == wanted, pool.map(os.path.abspath, ["a"]), pool.map(job, ["./deep/0/f0", "empty"]))
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        print("threads", list(pool.map(job, files * 5)) == wanted * 5)
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        print("processes", list(pool.map(job, files)) == wanted)
    sys.stdout.flush()
    child = os.fork()
    if not child:
        os.execv(sys.executable, ["python3", "-c", "import os; print(os.getcwd(), sorted(os.listdir()), os.stat('empty').st_size)"])
    os.waitpid(child, 0)


async def tasks(root):
    child = await asyncio.create_subprocess_exec("sha256sum", "big", cwd=root, stdout=subprocess.PIPE)
    print(await child.communicate())
    print(await asyncio.gather(*(asyncio.to_thread(job, f"{root}/deep/{i % 4}/f{i}") for i in range(20))))
    loop = asyncio.get_running_loop()
    near, far = socket.socketpair()
    near.setblocking(False)

    def drain():
        count = 0
        while data := far.recv(65536):
            count += len(data)
        return count

    drained = loop.run_in_executor(None, drain)
    with open(root + "/big", "rb") as f:
        print("sendfile", await loop.sock_sendfile(near, f))
    near.close()
    print(await drained)


def archives(root):
    for mode, name in (("r:", "shards.tar"), ("r|", "shards.tar"), ("r|gz", "code.tar.gz"), ("r:*", "code.tar.gz")):
        with tarfile.open(f"{root}/{name}", mode) as archive:
            print(mode, sum(len(archive.extractfile(m).read()) for m in archive if m.isfile()))
    with zipfile.ZipFile(root + "/code/zipped.zip") as archive:
        print(archive.testzip(), archive.namelist(), zipfile.Path(archive, "packed/").joinpath("deep.py").read_text())


def main(root):
    imports(root + "/code")
    commands(root + "/code")
    pools(root)
    asyncio.run(tasks(root))
    archives(root)


if __name__ == "__main__":
    main(sys.argv[1])
