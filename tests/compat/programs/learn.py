"""learn.py ROOT: arrays, tables and pictures as those who train models read them."""
import glob
import json
import mmap
import os
import struct
import sys

import h5py
import numpy
import pandas
from PIL import Image

root = sys.argv[1]
snapshot = root + "/hub/models--org--name/snapshots/" + open(root + "/hub/models--org--name/refs/main", encoding="ascii").read()

print("numpy")
plain, mapped, private = (numpy.load(root + "/a.npy", mmap_mode=mode) for mode in (None, "r", "c"))
private[0, 0] = 99
print(plain.shape, (plain == mapped).all(), mapped.filename, mapped[::7].sum(), private[0, 0], mapped[0, 0])
print({name: array.sum() for name, array in numpy.load(root + "/a.npz").items()})
print(numpy.memmap(root + "/raw.i4", dtype="<i4", mode="r")[-3:], numpy.fromfile(root + "/raw.i4", dtype="<i4", offset=400)[:3])
try:
    numpy.load(root + "/a.npy", mmap_mode="r+")
except OSError as e:
    print(type(e).__name__, e.errno, e.filename)

print("h5py")
for how in ({}, {"driver": "stdio"}, {"driver": "core"}, {"driver": "sec2"}, {"swmr": True}, {"locking": False}):
    try:
        with h5py.File(root + "/a.h5", "r", **how) as f:
            print(how, list(f), f["group/x"][10:20].sum(), f["group/x"].chunks, dict(f.attrs), f.filename)
    except (OSError, TypeError, ValueError) as e:
        print(how, e)
for name, mode in (("missing.h5", "r"), ("lines", "r"), ("a.h5", "r+"), ("a.h5", "a"), ("new.h5", "w")):
    try:
        h5py.File(f"{root}/{name}", mode)
    except OSError as e:
        print(name, mode, str(e).split("time =", maxsplit=1)[0])

print("pillow")
for path in sorted(glob.glob(root + "/pictures/*/*")):
    with Image.open(path) as image:
        print(os.path.basename(path), image.format, image.size, image.convert("L").histogram()[:4])

print("pandas")
print(pandas.read_csv(root + "/lines", sep=" ", header=None).describe().to_dict(), pandas.read_json(snapshot + "/config.json", typ="series").to_dict())

print("tensors in a file")
with open(snapshot + "/model.safetensors", "rb") as f, mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ) as m:
    size = struct.unpack("<Q", m[:8])[0]
    for name, tensor in json.loads(m[8:8 + size]).items():
        start, end = tensor["data_offsets"]
        print(name, tensor["shape"], numpy.frombuffer(m[8 + size + start:8 + size + end], dtype="<u4").sum())
