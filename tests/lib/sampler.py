"""What a cache takes while something runs.

sampler.py FOLDER COMMAND…: runs the command, and looks all the time at the files below FOLDER/data, tmp and trash. Prints the most
bytes (as du counts: blocks) and the most files that were there at once, and how often it looked; leaves with the command's status.

What one look finds was not all there at the same time: things go behind its back and others come before it. What is still there in a
second look was there with all the rest of these, between the two.
"""
import os
import subprocess
import sys


def look(folder, found):
    """Adds the bytes of the files below a folder, by path and inode."""
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        try:
            if entry.is_dir(follow_symlinks=False):
                look(entry.path, found)
            elif not entry.name.startswith("."):  # locks of life
                st = entry.stat(follow_symlinks=False)
                found[entry.path, st.st_ino] = st.st_blocks * 512
        except OSError:
            pass


def look_everywhere(cache):
    found = {}
    for name in ("trash", "data", "tmp"):
        look(os.path.join(cache, name), found)
    return found


def main():
    cache = sys.argv[1]
    most_bytes = most_files = looks = 0
    running = subprocess.Popen(sys.argv[2:])
    while running.poll() is None:
        first, second = look_everywhere(cache), look_everywhere(cache)
        both = [min(size, second[key]) for key, size in first.items() if key in second]
        most_bytes, most_files, looks = max(most_bytes, sum(both)), max(most_files, len(both)), looks + 1
    print(most_bytes, most_files, looks)
    sys.exit(running.returncode)


main()
