#!/usr/bin/env python3
"""differential.py SETTING=VALUE… TABLE…: runs each command line of the tables over the local tree, and over the virtual one twice: cold
(the cache and all listings unknown, a new agent) and warm. What each shows must be the same: stdout, stderr, the exit status and the
scratch folder with its names, types, modes, sizes, times and bytes. Fails if any line differs, and says how.

A table has a line for each command, and comments:

    NAME  PROGRAMS  FLAGS  COMMAND

PROGRAMS are the programs under test, separated by commas; the line is skipped where one is missing, or, of "python3:NAME", that
module. The command is run by bash in an empty scratch folder $W, with the roots as variables: $R is the large tree in S3, $B has names that are not UTF-8 and executables, from a file://
remote (tests/compat/tree.py makes both), and $X is whatever the test has put into its own third one. A line that begins with white space goes on with the
command before. FLAGS, separated by commas, or "-":

    fails     the command must fail; without this flag it must succeed, so that no line compares two accidents
    readonly  it changes the tree, or tells whether that can be; the local tree must be on a read-only file system; skipped where private mounts are not permitted
    once      cold only, since it reads much
    gap       a difference that is known (docs/design.md, known gaps); fails when there is none any more, so that the flag goes
    4k        the local file system must show a folder as 4096 bytes in 8 blocks, as larder and ext4 do; else skipped

and what is normalised, because two local file systems would differ in it, or because it is a number that only has to be there:

    sort      lines of stdout are in the order in which readdir gives names, which nobody promises
    sorterr   the same of stderr
    links     in what `ls -l` and tools alike print: the link count and size of a folder, blocks in all ("total 12"), widths of columns
    inode     leading inode numbers (`ls -i`)
    stat      in what stat(1) prints: device and inode number, and the times of change and birth, which a copy cannot have
    temp      the random letters of temporary files, in messages
    times     "0.123", "1.5 kB/s", "12 MB/s": how long something took

Settings: top is the test's folder, with larder.ini and an empty mnt; shim and larder are what is tested; R, B and X are the local trees. Optional: only, a
regular expression of names; verbose=1; seconds, the longest that a command may take; count=1 says what would run, and runs nothing.

The names of the roots need no normalisation where private mounts are permitted: the local tree is then mounted where the virtual one appears.
Elsewhere the local tree is another folder, and both names are replaced by that of the variable.
In the scratch folder, times from after the start of the line are just "now".
"""
import difflib
import hashlib
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import time

SKIPPED = 77  # the status if no line could be run
LINE_SECONDS = 60  # unless set
SHOWN_LINES = 12  # of a difference
HASHED_BYTES = 1 << 20  # at once

FLAGS = {"fails", "readonly", "once", "gap", "4k"}
NORMALISED = {
    "links": [(rb"(?m)^([-dlrwx]{10}\S*) +(\d+) +(\S+) +(\S+) +(\d+) ", rb"\1 \2 \3 \4 \5 "),
              (rb"(?m)^(d\S+) \d+ (\S+ \S+) \d+ ", rb"\1 N \2 SIZE "), (rb"(?m)^total \S+$", b"total N")],
    "inode": [(rb"(?m)^ *\d+ ", b"INODE ")],
    "stat": [(rb"Device: \S+ *\t*Inode: \d+ *", b"Device: D Inode: I "), (rb"(?m)^ ?(Change|Birth|Access): [-\d].*$", rb"\1: T"),
             (rb"Size: \d+ +\t?Blocks: \d+ +(.*directory)", rb"Size: S Blocks: B \1"),
             (rb"(directory\nDevice: .*)Links: \d+", rb"\1Links: N")],
    "temp": [(rb"(/sed|/old\.o|\.f\.)[A-Za-z0-9]{6}\b", rb"\1XXXXXX")],
    "times": [(rb"[0-9.,]+ ?(?:s|sec|seconds|[kKMG]?i?B/s(?:ec)?|bytes/sec)\b", b"TIME")],
}


class Line:
    def __init__(self, name, programs, flags, command):
        self.name, self.command = name, command
        self.programs = programs.split(",")
        self.flags = set() if flags == "-" else set(flags.split(","))
        unknown = self.flags - FLAGS - set(NORMALISED) - {"sort", "sorterr"}
        if unknown:
            sys.exit("%s: unknown flag %s" % (name, ", ".join(unknown)))


def read_table(path):
    lines = []
    with open(path, encoding="utf-8") as file:
        for text in file.read().split("\n"):
            if not text.strip() or text.startswith("#"):
                continue
            if text[0].isspace():
                lines[-1].command += "\n" + text.strip()
                continue
            fields = text.split(None, 3)
            if len(fields) != 4:
                sys.exit("%s: a line needs a name, programs, flags and a command: %s" % (path, text))
            lines.append(Line(*fields))
    names = [line.name for line in lines]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        sys.exit("%s: twice: %s" % (path, " ".join(twice)))
    return lines


class Result:
    """What a run has shown."""

    def __init__(self, status, out, err, tree):
        self.parts = {"exit status": b"%d\n" % status, "stdout": out, "stderr": err, "scratch folder": tree}
        self.status = status

    def differences(self, other, names):
        text = []
        for part, wanted in self.parts.items():
            if wanted == other.parts[part]:
                continue
            rows = [p.decode(errors="backslashreplace").splitlines() for p in (wanted, other.parts[part])]
            diff = list(difflib.unified_diff(*rows, "%s of %s" % (part, names[0]), "%s of %s" % (part, names[1]), lineterm="", n=0))
            text += [row[:300] for row in diff[:SHOWN_LINES]] + ["… %d more" % (len(diff) - SHOWN_LINES)] * (len(diff) > SHOWN_LINES)
            if not diff:
                text.append("%s: differs in how lines end" % part)
        return text


class Runner:
    """Runs command lines in one test's folder `top`, the virtual roots in `top`/mnt."""

    def __init__(self, top, shim, larder, roots):
        self.top, self.shim, self.larder, self.roots = top, shim, larder, roots
        self.seconds = LINE_SECONDS
        self.mount, self.scratch = top + "/mnt", top + "/w"
        self.cache = self.agent_env = None
        self.private = self.private_mounts()
        with open(top + "/larder.ini", encoding="utf-8") as file:
            self.config = file.read()
        probe = os.stat(roots["R"])
        self.has_4k = probe.st_size == 4096 and probe.st_blocks == 8

    def private_mounts(self):
        """How to run a command so that it sees the local trees at the virtual places, read-only; None if that is not permitted."""
        script = ["set -e", "mount -t tmpfs -o mode=755 none %s" % self.mount]
        for name, local in self.roots.items():
            at = self.virtual(name)
            script += ["mkdir %s" % at, "mount --bind %s %s" % (local, at),
                       "mount -o remount,bind,ro,noatime %s 2>/dev/null || mount -o remount,bind,ro %s" % (at, at)]
        ways = (["unshare", "-m"], ["unshare", "-m", "--map-current-user", "--keep-caps"])
        for way, leave in zip(ways, ("exec", "exec setpriv --inh-caps=-all --ambient-caps=-all")):
            prefix = way + ["sh", "-c", "\n".join(script + [leave + ' "$@"']), "sh"]
            if not os.environ.get("NO_PRIVATE_MOUNTS") and \
                    subprocess.run(prefix + ["test", "-d", self.virtual("R")], stderr=subprocess.DEVNULL).returncode == 0:
                return prefix
        return None

    def virtual(self, name):
        return "%s/%s" % (self.mount, {"R": "data", "B": "byte", "X": "more"}[name])

    def normalise(self, data, flags, local):
        if local and not self.private:
            for name in self.roots:
                data = data.replace(os.fsencode(self.roots[name]), os.fsencode(self.virtual(name)))
        for flag in flags & set(NORMALISED):
            for pattern, replacement in NORMALISED[flag]:
                data = re.sub(pattern, replacement, data)
        return data

    def run(self, line, how):
        """how: local, cold or warm."""
        local = how == "local"
        env = {"PATH": os.environ["PATH"], "HOME": self.top + "/line-home", "LC_ALL": "C.UTF-8", "TZ": "UTC", "W": self.scratch, "TERM": "dumb",
               "P": os.path.dirname(os.path.abspath(__file__)) + "/programs", "TMPDIR": self.top + "/line-tmp", "XDG_RUNTIME_DIR": self.top + "/run"}
        # Python's resource tracker, a process of its own, may be told of the end before a semaphore's removal, and then warns: some two of a hundred
        # runs on a busy machine do so without any preload.
        env["PYTHONWARNINGS"] = "ignore:resource_tracker"
        env.update((name, value) for name, value in os.environ.items() if name.startswith("AWS_"))
        for folder in (self.scratch, env["HOME"], env["TMPDIR"]):
            remove(folder)
            os.mkdir(folder)
        command = ["bash", "-c", line.command]
        for name, folder in self.roots.items():
            env[name] = folder if local and not self.private else self.virtual(name)
        if not local:
            env.update(LARDER_CONFIG=self.top + "/line.ini")
            self.agent_env = dict(env)
            env.update(LD_PRELOAD=self.shim)
        elif self.private:
            command = self.private + command
        started = int(time.time())
        with open(self.top + "/out", "w+b") as out, open(self.top + "/err", "w+b") as err:
            process = subprocess.Popen(command, cwd=self.scratch, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True)
            try:
                status = process.wait(self.seconds)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                status = process.wait()
                err.write(b"took longer than %d s\n" % self.seconds)
            texts = []
            for file in (out, err):
                file.seek(0)
                texts.append(self.normalise(file.read(), line.flags, local))
        for i, flag in enumerate(("sort", "sorterr")):
            if flag in line.flags:
                texts[i] = b"".join(sorted(texts[i].splitlines(True)))
        return Result(status, texts[0], texts[1], self.look(line, local, started))

    def look(self, line, local, started):
        """The scratch folder as text."""
        rows = []
        for path, dirs, files in os.walk(os.fsencode(self.scratch)):
            for name in dirs + files:
                full = os.path.join(path, name)
                st = os.lstat(full)
                row = [repr(self.normalise(full[len(self.scratch) + 1:], set(), local))[1:], stat.filemode(st.st_mode), "now" if st.st_mtime >= started else str(st.st_mtime_ns)]
                if stat.S_ISREG(st.st_mode):
                    digest = self.digest(full, line, local)
                    row += [str(st.st_size), digest]
                elif stat.S_ISLNK(st.st_mode):
                    row.append(repr(self.normalise(os.readlink(full), set(), local)))
                rows.append(" ".join(row))
        return "".join(sorted(row + "\n" for row in rows)).encode()

    def digest(self, path, line, local):
        digest = hashlib.md5()
        with open(path, "rb") as file:
            while block := file.read(HASHED_BYTES):
                digest.update(self.normalise(block, set(), local))
        return digest.hexdigest()

    def empty_cache(self, number):
        """A new cache, of which nothing is known."""
        self.end_agent()
        self.cache = "%s/cache.%d" % (self.top, number)
        with open(self.top + "/line.ini", "w", encoding="utf-8") as file:
            file.write(self.config.replace("@CACHE@", self.cache))

    def end_agent(self):
        if self.cache:
            subprocess.run([self.larder, "agent", "--stop"], env=self.agent_env, stdout=subprocess.DEVNULL, check=False)
            remove(self.cache)

    def why_not(self, line):
        for program in line.programs:
            name, _, module = program.partition(":")
            if not shutil.which(name) or module and subprocess.run([name, "-c", "import " + module], stderr=subprocess.DEVNULL).returncode:
                return "no " + program
        if not self.private and os.geteuid() == 0:
            return "private mounts are not permitted, and root could write to the local tree"
        if "readonly" in line.flags and not self.private:
            return "private mounts are not permitted"
        if "4k" in line.flags and not self.has_4k:
            return "the file system of %s shows folders otherwise" % self.roots["R"]
        for root in re.findall(r"\$\{?([RBX])\b", line.command):
            if root not in self.roots:
                return "no tree for $" + root
        return None

    def compare(self, line, number):
        """What is wrong, as text."""
        local = self.run(line, "local")
        if (local.status != 0) != ("fails" in line.flags):
            said = b"\n".join(local.parts[p][-2000:] for p in ("stdout", "stderr")).decode(errors="backslashreplace")
            return ["the local run ends with status %d: %s" % (local.status, said)]
        text, last = [], []
        self.empty_cache(number)
        for how in ("cold",) if "once" in line.flags else ("cold", "warm"):
            result = self.run(line, how)
            different = result.parts != local.parts and result.parts != last
            text += local.differences(result, ("local", how)) if different else []
            last = result.parts
            if os.listdir(self.mount):
                text.append("%s: wrote to the real disk: %s" % (how, os.listdir(self.mount)))
                remove(self.mount)
                os.mkdir(self.mount)
        if "gap" in line.flags:
            return [] if text else ["no longer differs: take the flag gap away"]
        return text


def remove(path):
    for folder, _, _ in os.walk(path):
        os.chmod(folder, 0o700)
    shutil.rmtree(path, ignore_errors=True)


def main():
    settings = dict(arg.split("=", 1) for arg in sys.argv[1:] if "=" in arg)
    lines = [line for arg in sys.argv[1:] if "=" not in arg for line in read_table(arg)]
    only = settings.get("only")
    if only:
        lines = [line for line in lines if re.fullmatch(only, line.name)]
    roots = {name: settings[name] for name in "RBX" if name in settings}
    runner = Runner(settings["top"], settings["shim"], settings["larder"], roots)
    runner.seconds = int(settings.get("seconds") or LINE_SECONDS)
    programs, failed, ran, gaps = set(), 0, 0, 0
    for number, line in enumerate(lines):
        reason = runner.why_not(line)
        if reason:
            print("skipped: %s: %s" % (line.name, reason))
            continue
        begun = time.monotonic()
        programs.update(line.programs)
        ran += 1
        text = runner.compare(line, number) if not settings.get("count") else []
        if text:
            failed += 1
            print("\n%s: differs: %s\n%s\n" % (line.name, line.command, "\n".join("    " + row for row in text)))
        elif "gap" in line.flags:
            gaps += 1
            print("known gap: %s: %s" % (line.name, line.command))
        elif settings.get("verbose"):
            print("%s: same, %.2f s" % (line.name, time.monotonic() - begun))
        sys.stdout.flush()
    runner.end_agent()
    print("%d command lines of %d programs, %d skipped, %d known gaps, %d differ: %s" %
          (ran, len(programs), len(lines) - ran, gaps, failed, " ".join(sorted(programs))))
    sys.exit(1 if failed else 0 if ran else SKIPPED)


if __name__ == "__main__":
    main()
