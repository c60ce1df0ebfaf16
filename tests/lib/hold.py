"""hold.py FILE READY GO: opens and maps FILE and reads a little of it, makes READY, waits for GO, and prints the SHA-256 of what it then
reads by the descriptor, and of what it has mapped. What the kernel has of the file in its memory is dropped first, as far as it does so."""
import hashlib
import mmap
import os
import sys
import time

fd = os.open(sys.argv[1], os.O_RDONLY)
try:
    memory = mmap.mmap(fd, 0, flags=mmap.MAP_SHARED, prot=mmap.PROT_READ)
except OSError:  # a FUSE file system without a page cache has no shared maps
    memory = mmap.mmap(fd, 0, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ)
first = memory[0], os.pread(fd, 1, 0)[0]
open(sys.argv[2], "w").close()
while not os.path.exists(sys.argv[3]):
    time.sleep(0.02)
memory.madvise(mmap.MADV_DONTNEED)
os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
by_read = hashlib.sha256()
while piece := os.read(fd, 65536):
    by_read.update(piece)
print(by_read.hexdigest(), hashlib.sha256(memory).hexdigest())
