#!/usr/bin/python3
"""CPython's own tests with and without the preload, compared case by case. scripts/test-cpython prepares and calls this.

  cpython.py arms FOLDER JOBS MODULE...   runs each module in every arm, prints a table, and what differs; status 1 if any
                                          does. FOLDER gets logs and outcomes. From the environment: SHIM, REAL and VIRTUAL
                                          (the same small folder, really and under a prefix).
  cpython.py run MODULE FILE              one arm of it, in this process; FILE gets "case<TAB>outcome" for every test case
                                          and failing subtest

The arms: `plain` has no preload; `idle` has it, and nothing virtual is touched; in `open` the folder TREE that every arm
opens, lists and visits first is a virtual one, and two descriptors in it stay open and are inherited, so that all that
follows takes the ways that the preload takes once it has something to watch over.
"""
import concurrent.futures
import os
import signal
import subprocess
import sys

OUTSIDE = ["largefile", "network", "urlfetch", "gui", "audio", "tzdata", "extralargefile"]
IGNORED = ["*VSOCK*"]  # waits for ever in a virtual machine whose host does not answer, preload or not
ROUNDS = 4  # of a module whose outcomes differ, before that counts
SECONDS = 1200  # of a module in one arm
ARMS = ["plain", "idle", "open"]


# --- one arm of one module, in a process of its own ---


def occupy(tree):
    """Opens and visits the tree; returns to where it was."""
    before = os.getcwd()
    for path in (tree, os.path.join(tree, "file")):
        os.set_inheritable(os.open(path, os.O_RDONLY), True)
    os.chdir(tree)
    os.listdir()
    os.chdir(before)


def result_class(file):
    """regrtest's result, which also notes each outcome. Nothing is held open, and a forked child notes nothing."""
    from test.support import testresult

    me = os.getpid()

    def note(test, outcome):
        if os.getpid() == me:
            with open(file, "a", encoding="utf-8", errors="backslashreplace") as f:
                line = " ".join(test.id().split()) + "\t" + outcome
                print(line.replace(str(me), "PID"), file=f)

    class Result(testresult.RegressionTestResult):
        def addSuccess(self, test):
            note(test, "ok")
            super().addSuccess(test)

        def addError(self, test, err):
            note(test, "error " + err[0].__name__)
            super().addError(test, err)

        def addFailure(self, test, err):
            note(test, "failed " + err[0].__name__)
            super().addFailure(test, err)

        def addSubTest(self, test, subtest, err):
            if err is not None:
                note(subtest, "failed " + err[0].__name__)
            super().addSubTest(test, subtest, err)

        def addSkip(self, test, reason):
            note(test, "skipped: " + " ".join(reason.split()))
            super().addSkip(test, reason)

        def addExpectedFailure(self, test, err):
            note(test, "expected failure")
            super().addExpectedFailure(test, err)

        def addUnexpectedSuccess(self, test):
            note(test, "unexpected success")
            super().addUnexpectedSuccess(test)

    return Result


def run(module, file):
    occupy(os.environ.pop("TREE"))
    from test.libregrtest import main
    from test.support import testresult

    testresult.RegressionTestResult = result_class(file)
    sys.argv = ["regrtest", "-v", "-u", "all," + ",".join("-" + r for r in OUTSIDE)]
    for pattern in IGNORED:
        sys.argv += ["-i", pattern]
    main([module])


# --- all arms ---


def run_arm(folder, module, arm, number):
    """The outcomes of one run: {case: outcome}, and what became of the whole."""
    base = os.path.join(folder, f"{module}.{arm}.{number}")
    work = base + ".d"
    os.makedirs(work)
    env = dict(os.environ, TMPDIR=work, TREE=os.environ["VIRTUAL" if arm == "open" else "REAL"])
    if arm != "plain":
        env["LD_PRELOAD"] = env["SHIM"]
    command = [sys.executable, os.path.abspath(__file__), "run", module, base + ".tsv"]
    with open(base + ".out", "wb") as log:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env, cwd=work, start_new_session=True
        )
        try:
            status = child.wait(SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            status = "timeout"
    return dict(outcomes(base + ".tsv"), **{"(exit status)": str(status)})


def outcomes(file):
    """Subtests may share a name: the outcomes of a name are joined."""
    seen = {}
    if os.path.exists(file):
        with open(file, encoding="utf-8") as f:
            for line in f:
                case, _, outcome = line.rstrip("\n").partition("\t")
                seen.setdefault(case, set()).add(outcome)
    return {case: ", ".join(sorted(found)) for case, found in seen.items()}


def disagree(ones, others):
    """The cases of which no run of the one arm and no run of the other came to the same."""
    missing = "did not run"

    def found(runs, case):
        return {r.get(case, missing) for r in runs}

    cases = sorted({case for r in ones + others for case in r})
    never = [case for case in cases if not found(ones, case) & found(others, case)]
    unsteady = [case for case in cases if case not in never and found(ones, case) ^ found(others, case)]
    return never, unsteady


def tell(runs, arm, case):
    """How often what was the outcome in an arm."""
    seen = [r.get(case, "did not run") for r in runs[arm]]
    return f"{arm}: " + ", ".join(f"{seen.count(o)}x {o}" for o in sorted(set(seen)))


def run_module(folder, module):
    """The module's row of the table, and lines on what differed."""
    runs = {arm: [run_arm(folder, module, arm, 1)] for arm in ARMS}
    for number in range(2, ROUNDS + 1):
        if not any(disagree(runs["plain"], runs[arm])[0] for arm in ARMS[1:]):
            break
        for arm in ARMS:
            runs[arm].append(run_arm(folder, module, arm, number))
    differences, lines = [], []
    for arm in ARMS[1:]:
        never, unsteady = disagree(runs["plain"], runs[arm])
        differences.append(len(never))
        for word, cases in (("DIFFERS", never), ("unsteady", unsteady)):
            lines += [f"{word} {case}: {tell(runs, 'plain', case)}; {tell(runs, arm, case)}" for case in cases]
    plain = runs["plain"][0]
    skipped = sum(outcome.startswith("skipped") for outcome in plain.values())
    passed = sum(outcome == "ok" for outcome in plain.values())
    row = [module, len(plain) - 1, passed, skipped, len(plain) - 1 - passed - skipped, *differences]
    return row, lines


def arms(folder, jobs, modules):
    rows, lines = [], []
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for row, said in pool.map(lambda m: run_module(folder, m), modules):
            rows.append(row)
            lines += said
            print("cpython:", *row, *(f"\n  {line}" for line in said), file=sys.stderr, flush=True)
    print("| module | cases | pass | skip | other | differ idle | differ open |\n|---|--:|--:|--:|--:|--:|--:|")
    rows.append(["**all**", *(sum(column) for column in list(zip(*rows))[1:])])
    for row in rows:
        print("|", " | ".join(map(str, row)), "|")
    if lines:
        print("", *(f"- {line}" for line in lines), sep="\n")
    empty = [row[0] for row in rows if row[1] == 0]
    if empty:
        print("no test ran in:", *empty)
    return 1 if empty or any(line.startswith("DIFFERS") for line in lines) else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["run"]:
        run(sys.argv[2], sys.argv[3])
    elif sys.argv[1:2] == ["arms"]:
        sys.exit(arms(sys.argv[2], int(sys.argv[3]), sys.argv[4:]))
