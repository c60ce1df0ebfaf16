"""loader.py ROOT START DATA…: PyTorch's DataLoader over pictures, shards or a mapped array, with workers that START begins
("none": no workers); and PyTorch's own files."""
import io
import os
import sys
import tarfile

import numpy
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset, IterableDataset, get_worker_info


class Pictures(Dataset):
    def __init__(self, root):
        self.files = sorted(os.path.join(path, name) for path, _, names in os.walk(root) for name in names)

    def __len__(self):
        return len(self.files)

    def __getitem__(self, i):
        with Image.open(self.files[i]) as image:
            return torch.tensor(image.convert("L").histogram()).max(), i


class Shards(IterableDataset):
    """A tar file as a stream: what belongs together follows one another under one name."""

    def __init__(self, path):
        self.path = path

    def __iter__(self):
        worker = get_worker_info()
        mine, workers = (worker.id, worker.num_workers) if worker else (0, 1)
        with tarfile.open(self.path, "r|") as shard:
            sample = {}
            for member in shard:
                key, kind = member.name.split(".")
                if int(key) % workers != mine:
                    continue
                sample[kind] = shard.extractfile(member).read()
                if len(sample) == 2:
                    with Image.open(io.BytesIO(sample["png"])) as image:
                        yield int(key), image.size[0], int(sample["cls"])
                    sample = {}


class Mapped(Dataset):
    """Opened by each worker when it is first asked."""

    def __init__(self, path):
        self.path, self.rows = path, None

    def __len__(self):
        return 400

    def __getitem__(self, i):
        if self.rows is None:
            self.rows = numpy.load(self.path, mmap_mode="r")
        return torch.from_numpy(numpy.array(self.rows[i]))


def main(root, start, *names):
    workers = {} if start == "none" else {"num_workers": 2, "multiprocessing_context": start, "persistent_workers": True}
    data = {"pictures": Pictures(root + "/pictures"), "shards": Shards(root + "/shards.tar"), "mapped": Mapped(root + "/a.npy")}
    for name in names:
        loader = DataLoader(data[name], batch_size=7, **workers)
        for epoch in range(2):
            print(name, epoch, [[float(t.sum()) for t in batch] if isinstance(batch, list) else float(batch.sum()) for batch in loader])
    os.chdir(root)
    print("relative", len(list(DataLoader(Pictures("pictures"), num_workers=2))))
    print({name: float(tensor.sum()) for name, tensor in torch.load("weights.pt").items()}, torch.jit.load(root + "/script.pt")(torch.ones(4)).shape)
    print(torch.from_file(root + "/raw.i4", size=5000, dtype=torch.int32, shared=False).sum())
    try:
        print(torch.load("weights.pt", mmap=True).keys())
    except TypeError:
        print("this torch does not map what it loads")


if __name__ == "__main__":
    main(*sys.argv[1:])
