"""The rows of a folder d/ for names.lua: names.py COUNT >FILE. Each is ROW bytes; every fiftieth is a folder."""
import sys

ROW = 256
TIME = "2024-01-01T00:00:00.000Z"


def row(number):
    if number % 50 == 49:
        text = f"<CommonPrefixes><Prefix>d/img-{number:07d}/</Prefix></CommonPrefixes>"
    else:
        text = (
            f"<Contents><Key>d/img-{number:07d}.jpg</Key><LastModified>{TIME}</LastModified>"
            f"<ETag>&quot;{number * 0x9E3779B97F4A7C15 % 2**128:032x}&quot;</ETag><Size>{number}</Size>"
            "<StorageClass>STANDARD</StorageClass></Contents>"
        )
    return text.ljust(ROW)


for first in range(0, int(sys.argv[1]), 10000):
    sys.stdout.write("".join(map(row, range(first, min(first + 10000, int(sys.argv[1]))))))
