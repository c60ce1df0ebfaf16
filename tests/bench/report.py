#!/usr/bin/env python3
"""Judges the samples of scripts/bench: report.py [--strict] [--json FILE] [--version TEXT] SAMPLES

SAMPLES has a line "row<TAB>case<TAB>base|larder<TAB>number" for each run. A row's number is the median of the ratios of
neighbouring runs, so that what disturbs the machine for a while meets both sides of a ratio; the columns beside it are
the medians of either side alone. Prints a table, and names what misses its target; with --strict, that is status 1.
"""
import argparse
import json
import os
import platform
import statistics
import sys

# row, case, what it is, how larder's number relates to the base's, target (None: only to know), unit
#   less   larder / base <= target        (a time)
#   faster base / larder >= target        (a time, told as a speed)
#   rate   larder / base >= target        (a speed)
#   more   larder - base <= target        (a count)
#   most   larder <= target               (no base; the largest sample)
CASES = [
    ("open-read", "immutable", "open + read 16 KiB + close, immutable", "less", 1.15, "ns"),
    ("open-read", "ttl", "open + read 16 KiB + close, ttl", "less", 1.30, "ns"),
    ("stat", "listed", "stat, listing present", "less", 0.5, "ns"),
    ("fstat", "repeated", "fstat, again and again", "less", 3.0, "ns"),
    ("fstat", "fresh", "fstat, first of a descriptor", "less", 3.0, "ns"),
    ("fstat", "others", "fstat, first of a file in the process", "less", 3.0, "ns"),
    ("not-ours", "open-close", "not ours: open + close", "less", 1.08, "ns"),
    ("not-ours", "stat", "not ours: stat", "less", 1.08, "ns"),
    ("not-ours", "fstat", "not ours: fstat", "less", 1.08, "ns"),
    ("not-ours", "beside", "not ours: stat beside a prefix", "less", None, "ns"),
    ("not-ours", "relative", "not ours: stat of a relative path in s…", "less", None, "ns"),
    ("exec", "true", "exec of /bin/true", "less", 1.05, "ns"),
    ("read", "sequential", "sequential 1 GiB, warm", "rate", 0.95, "MiB/s"),
    ("read", "filled", "  as the fill left it, to curl -o's file", "rate", None, "MiB/s"),
    ("read", "random", "random 4 KiB, warm", "rate", 0.95, "MiB/s"),
    ("read", "calls", "system calls, first read to close", "more", 0, ""),
    ("find", "nested", "find, 1000 folders of 100 files", "less", 1.0, "s"),
    ("find", "nested-stat", "find -type f -size +1, the same", "less", 1.0, "s"),
    ("find", "flat", "find, 10 folders of 10000 files", "less", 1.0, "s"),
    ("find", "flat-stat", "find -type f -size +1, the same", "less", 1.0, "s"),
    ("cold", "open", "1 GiB cold", "faster", 0.9, "s"),
    ("cold", "cat", "1 GiB cold, with reading it", "faster", None, "s"),
    ("cold-limited", "open", "512 MiB cold, 50 MB/s a connection", "faster", 6.0, "s"),
    ("cold-tls", "open", "1 GiB cold over TLS, to curl over TLS", "faster", 0.9, "s"),
    ("many-small", "without", "5,000 of 64 KiB at 20 ms, to no prefetch", "faster", 20, "s"),
    ("many-small", "rclone", "  to rclone copy --transfers 32", "faster", 0.8, "s"),
    ("many-small", "mount", "  to reading an rclone mount", "faster", None, "s"),
    ("first-byte", "cold", "first byte of 1 MiB at 20 ms, to a request", "more", 2e6, "ns"),
    ("verify", "crc32c", "1 GiB cold, crc32c verified, to verify = off", "less", 1.03, "s"),
    ("list-million", "at-once-20", "1,000,000 names, pages of 20 ms", "less", 1.2, "s"),
    ("list-million", "in-turn-20", "  to page after page", "faster", None, "s"),
    ("list-million", "at-once-50", "1,000,000 names, pages of 50 ms", "less", 1.2, "s"),
    ("list-million", "in-turn-50", "  to page after page", "faster", None, "s"),
    ("list-million", "memory", "  agent's memory, most", "most", 128, "MiB"),
    ("memory", "VmHWM", "agent's memory, most", "most", 64, "MiB"),
    ("memory", "RssAnon", "  of it anonymous, after a row", "most", None, "MiB"),
    ("memory", "RssFile", "  of it files, after a row", "most", None, "MiB"),
]
SIGNS = {"less": "<=", "faster": ">=", "rate": ">=", "more": "+<=", "most": "<="}


def number_of(kind, base, larder):
    if kind == "most":
        return max(larder)
    if kind == "more":
        return statistics.median(larder) - statistics.median(base)
    if kind == "faster":
        return statistics.median(b / o for b, o in zip(base, larder))
    return statistics.median(o / b for b, o in zip(base, larder))


def judge(samples):
    rows = []
    for row, case, what, kind, target, unit in CASES:
        base, larder = samples.get((row, case, "base"), []), samples.get((row, case, "larder"), [])
        if not larder:
            continue
        number = number_of(kind, base, larder)
        if target is None:
            ok = None
        else:
            ok = number >= target if kind in ("faster", "rate") else number <= target
        rows.append({
            "row": row, "case": case, "what": what, "kind": kind, "number": round(number, 4), "target": target, "ok": ok,
            "unit": unit, "base_median": statistics.median(base) if base else None,
            "larder_median": statistics.median(larder), "base": base, "larder": larder,
        })
    return rows


def amount(value, unit):
    if value is None:
        return ""
    if unit == "ns":
        return f"{value / 1000:.3f} us"
    if unit == "s":
        return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s"
    return f"{value:.0f} {unit}".rstrip()


def show(rows):
    line = "| {:<13} | {:<41} | {:>8} | {:>8} | {:<4} | {:>11} | {:>11} |"
    print(line.format("row", "what", "measured", "target", "", "base", "larder"))
    print(line.format(*("-" * n for n in (13, 41, 8, 8, 4, 11, 11))))
    for r in rows:
        number = amount(r["number"], r["unit"]) if r["kind"] in ("most", "more") else f"{r['number']:.2f}"
        target = r["target"] if r["unit"] != "ns" or r["kind"] != "more" else amount(r["target"], "ns")
        target = "" if target is None else f"{SIGNS[r['kind']]} {target}"
        verdict = {None: "", True: "ok", False: "miss"}[r["ok"]]
        print(line.format(r["row"], r["what"], number, target, verdict, amount(r["base_median"], r["unit"]),
                          amount(r["larder_median"], r["unit"])))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--strict", action="store_true")
    parser.add_argument("--json")
    parser.add_argument("--version", default="")
    parser.add_argument("samples")
    args = parser.parse_args()
    samples = {}
    with open(args.samples, encoding="ascii") as lines:
        for line in lines:
            row, case, side, number = line.rstrip("\n").split("\t")
            samples.setdefault((row, case, side), []).append(float(number))
    rows = judge(samples)
    show(rows)
    missed = [f"{r['row']} ({r['what'].strip()})" for r in rows if r["ok"] is False]
    print("\nEvery target is met." if not missed else "\nMissed: " + "; ".join(missed))
    if args.json:
        with open(args.json, "w", encoding="utf-8") as out:
            json.dump({"version": args.version, "kernel": platform.release(), "machine": platform.machine(),
                       "cores": os.cpu_count(), "missed": len(missed), "rows": rows}, out, indent=1)
            out.write("\n")
        print(f"Numbers: {args.json}")
    return 1 if missed and args.strict else 0


if __name__ == "__main__":
    sys.exit(main())
