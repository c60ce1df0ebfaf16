"""What a cache takes while something runs.

sampler.py FOLDER COMMAND…: runs the command, and looks all the time at the files below FOLDER/data, tmp and trash. Prints the most
bytes (as du counts: blocks) and the most files that were there at once, and leaves with the command's status.
"""
import os
import subprocess
import sys


def look(folder):
    """Bytes and files below a folder. What comes and goes meanwhile counts or not."""
    size = count = 0
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return 0, 0
    for entry in entries:
        try:
            if entry.is_dir(follow_symlinks=False):
                below = look(entry.path)
                size, count = size + below[0], count + below[1]
            elif not entry.name.startswith("."):  # locks of life
                size += entry.stat(follow_symlinks=False).st_blocks * 512
                count += 1
        except OSError:
            pass
    return size, count


def main():
    cache = sys.argv[1]
    most_bytes = most_files = looks = 0
    running = subprocess.Popen(sys.argv[2:])
    while running.poll() is None:
        # In the direction in which objects move: one that is renamed meanwhile counts once or not at all.
        size, count = map(sum, zip(*(look(os.path.join(cache, name)) for name in ("trash", "data", "tmp"))))
        most_bytes, most_files, looks = max(most_bytes, size), max(most_files, count), looks + 1
    print(most_bytes, most_files, looks)
    sys.exit(running.returncode)


main()
