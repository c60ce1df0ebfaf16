#!/usr/bin/env python3
"""heavy.py DIR PART…: makes the tree for programs that are heavy to install, or the parts of it that are named: files, code in several
languages, java, data (pictures, shards, tensors), arrays (of numpy, HDF5 and PyTorch) and film. What needs a program or a module that this machine has not is left out, as are the command lines that want it. Modes and times
are those that larder shows. The same bytes each time, as far as the programs allow."""
import importlib.util
import io
import json
import os
import random
import shutil
import sqlite3
import struct
import subprocess
import sys
import tarfile
import zipfile

import tree
from tree import DIR_TIME, FILE_TIME, noise

PICTURES = 24
SAMPLES = 120
ZIP_TIME = (2020, 1, 2, 3, 4, 6)


def has(*modules):
    return all(importlib.util.find_spec(module) for module in modules)


def write(path, *content_and_mode):
    tree.write("./" + path, *content_and_mode)


def make_files():
    for i in range(40):
        write(f"deep/{i % 4}/f{i}", noise(i * 977, i))
    write("empty", "")
    write("big", noise((9 << 20) + 5, 1))
    write("lines", "".join(f"line {i}\n" for i in range(20000)))
    write("with space.txt", "with space\n")
    write("ünï.txt", "not ASCII\n")
    write("script", '#!/bin/sh\necho "script $0 $*"\n', 0o555)
    db = sqlite3.connect("db.sqlite")
    db.execute("create table t (a, b)")
    db.executemany("insert into t values (?, ?)", ((i, str(i) * 20) for i in range(5000)))
    db.execute("create index by_a on t (a)")
    db.commit()
    db.close()


def make_code():
    write("code/alone.py", "NAME = __name__\n\ndef answer():\n    return 42\n")
    write("code/package/__init__.py", "from .sub import value\n")
    write("code/package/sub.py", 'value = "of a package"\n')
    write("code/package/data.json", '{"key": 1}')
    write("code/space/part/inner.py", 'NAME = "in a package without __init__"\n')
    os.makedirs("code/native")
    write("code/main/__main__.py", 'import os, sys\nprint("main", os.path.basename(sys.argv[0]), len(sys.argv))\n')
    for module in ("_asyncio", "mmap"):
        shared = importlib.util.find_spec(module).origin
        if os.path.exists(shared):
            shutil.copy(shared, "code/native/" + os.path.basename(shared))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (("__main__.py", 'print("in a zip")\n'), ("packed/__init__.py", ""), ("packed/deep.py", "z = 1\n"), ("big.txt", "x" * 300000)):
            archive.writestr(zipfile.ZipInfo(name, ZIP_TIME), text)
    write("code/zipped.zip", packed.getvalue())
    with tarfile.open("code.tar.gz", "w:gz") as archive:
        archive.add("code", filter=tree.reset)
    write("node/a.js", "exports.name = 'a'\nexports.file = __filename\n")
    write("node/data.json", '{"key": 1}\n')
    write("node/package.json", '{"name": "n", "main": "lib.js"}')
    write("node/lib.js", "exports.all = [require('dependency').name, require('./a').name, module.paths[0]]\nif (require.main === module) console.log(exports.all)\n")
    write("node/node_modules/dependency/index.js", "exports.name = 'dependency of ' + require('path').basename(__dirname)\n")
    write("node/m.mjs", "import fs from 'fs'\nimport { name } from './a.js'\n"
          "export default [name, import.meta.url, fs.readFileSync(new URL('data.json', import.meta.url), 'utf8')]\n")
    write("php/page.php", "<?php\nnamespace Larder;\nrequire_once 'inner.php';\nclass Thing {}\nreturn [__FILE__, __DIR__, \\inner()];\n")
    write("php/inner.php", "<?php\nif (!function_exists('inner')) {\n    function inner() { return __FUNCTION__; }\n}\nreturn 'inner';\n")
    write("ruby/main.rb", "require_relative 'helper'\nputs helper, __dir__\n")
    write("ruby/helper.rb", "def helper = \"helps from #{__FILE__}\"\n")
    write("lua/plain.lua", "return { answer = 42 }\n")
    write("lua/folder/init.lua", 'return { name = ... }\n')


def make_java():
    if not shutil.which("javac"):
        return
    source = "package app;\npublic class Main {\n  public static String hello() { return \"hello\"; }\n" \
        "  public static void main(String[] a) throws Exception {\n    System.out.println(hello() + a.length + Main.class.getResource(\"resource\"));\n" \
        "    System.out.println(new String(Main.class.getResourceAsStream(\"resource\").readAllBytes()));\n  }\n}\n"
    write("source/app/Main.java", source)
    write("source/Single.java", 'class Single { public static void main(String[] a) { System.out.println("single " + a.length); } }\n')
    subprocess.run(["javac", "-d", "classes", "source/app/Main.java"], check=True)
    write("classes/app/resource", "a resource\n")
    subprocess.run(["jar", "--create", "--file", "app.jar", "--main-class", "app.Main", "-C", "classes", "."], check=True)


def picture(i, kind):
    from PIL import Image
    out = io.BytesIO()
    Image.frombytes("RGB", (64 + i, 48), noise((64 + i) * 48 * 3, i)).save(out, kind)
    return out.getvalue()


def make_data():
    snapshot = "hub/models--org--name/snapshots/0123abcd"
    tensors = {"a": {"dtype": "F32", "shape": [64, 64], "data_offsets": [0, 16384]}, "b": {"dtype": "I64", "shape": [100], "data_offsets": [16384, 17184]}}
    header = json.dumps(tensors).encode()
    write(snapshot + "/model.safetensors", struct.pack("<Q", len(header)) + header + noise(17184, 3))
    write(snapshot + "/config.json", '{"hidden": 64}')
    write("hub/models--org--name/refs/main", "0123abcd")
    if has("PIL"):
        for i in range(PICTURES):
            kind = ("jpeg", "png", "webp")[i % 3]
            write(f"pictures/class{i % 3}/{i:03}.{kind}", picture(i, kind))
    with tarfile.open("shards.tar", "w", format=tarfile.USTAR_FORMAT) as shard:
        for i in range(SAMPLES):
            for kind, data in (("png", picture(i, "png") if has("PIL") else b"none"), ("cls", b"%d" % (i % 10))):
                member = tarfile.TarInfo(f"{i:06}.{kind}")
                member.size, member.mtime = len(data), FILE_TIME
                shard.addfile(member, io.BytesIO(data))


def make_arrays():
    if has("numpy"):
        import numpy
        numpy.save("a.npy", numpy.arange(200000, dtype=numpy.float32).reshape(400, 500))
        numpy.savez("a.npz", x=numpy.arange(10), y=numpy.ones((3, 4)))
        numpy.arange(5000, dtype="<i4").tofile("raw.i4")
    if has("h5py"):
        import h5py
        with h5py.File("a.h5", "w") as f:
            f.create_dataset("group/x", data=numpy.arange(100000).reshape(1000, 100), chunks=(100, 100), compression="gzip")
            f.attrs["by"] = "larder"
    if has("torch"):
        import torch
        torch.save({"w": torch.arange(10000).float().reshape(100, 100), "b": torch.ones(5)}, "weights.pt")
        torch.jit.script(torch.nn.Linear(4, 4)).save("script.pt")


def make_film():
    if not shutil.which("ffmpeg"):
        return
    os.mkdir("film")
    for name, made in (("film.mp4", ["-pix_fmt", "yuv420p", "-c:v", "mpeg4"]), ("film.mkv", ["-c:v", "mpeg4"]), ("frame%02d.png", ["-r", "5"])):
        subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc=duration=2:size=160x120:rate=10"] + made + ["film/" + name], check=True)
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", "sine=duration=3", "film/tone.wav"], check=True)
    write("film/list.txt", "file 'film.mp4'\nfile 'film.mp4'\n")
    write("film/list.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\ntone.wav\n#EXT-X-ENDLIST\n")


def finish():
    """The modes and times that larder shows."""
    for path, _, files in os.walk(".", topdown=False):
        for name in files:
            name = os.path.join(path, name)
            os.chmod(name, 0o555 if os.stat(name).st_mode & 0o100 else 0o444)
            os.utime(name, (FILE_TIME, FILE_TIME))
        os.utime(path, (DIR_TIME, DIR_TIME))
        os.chmod(path, 0o555)


def main():
    os.makedirs(sys.argv[1])
    os.chdir(sys.argv[1])
    sys.dont_write_bytecode = True
    for part in sys.argv[2:]:
        globals()["make_" + part]()
    finish()


if __name__ == "__main__":
    main()
