"""Time two commands interleaved (A B B A …) in one run and print the ratio of medians with a 95 % bootstrap interval.

Peak memory is each child's own maximum resident set from wait4. Prints one JSON object, then one line for a person.
"""

import argparse
import json
import os
import random
import shlex
import statistics
import subprocess
import sys
import time


def run(argv):
    start = time.perf_counter()
    child = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    err = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit("%s exited with %d: %s" % (argv[0], child.returncode, err.decode(errors="replace")))
    return wall, usage.ru_maxrss * 1024


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--ours", required=True)
    p.add_argument("--theirs", required=True)
    p.add_argument("--rounds", type=int, default=15)
    p.add_argument("--title", default="")
    p.add_argument("--seed", type=int, default=1)
    a = p.parse_args()
    commands = {"ours": shlex.split(a.ours), "theirs": shlex.split(a.theirs)}
    for argv in commands.values():
        run(argv)  # warm the page cache
    times = {"ours": [], "theirs": []}
    peak = {"ours": 0, "theirs": 0}
    for i in range(a.rounds):
        for name in ("ours", "theirs") if i % 2 == 0 else ("theirs", "ours"):
            wall, rss = run(commands[name])
            times[name].append(wall)
            peak[name] = max(peak[name], rss)
    ratio = statistics.median(times["theirs"]) / statistics.median(times["ours"])
    rng = random.Random(a.seed)
    boot = []
    n = a.rounds
    for _ in range(5000):
        pick = [rng.randrange(n) for _ in range(n)]
        boot.append(statistics.median(times["theirs"][j] for j in pick) / statistics.median(times["ours"][j] for j in pick))
    boot.sort()
    low, high = boot[int(0.025 * len(boot))], boot[int(0.975 * len(boot))]
    result = {
        "title": a.title, "n": n, "times_faster": ratio, "low": low, "high": high,
        "memory_ratio": peak["ours"] / peak["theirs"], "peak_bytes": peak,
        "median_s": {k: statistics.median(v) for k, v in times.items()}, "samples_s": times,
    }
    print(json.dumps(result))
    print("%s: %.1f times faster (95 %% %.1f to %.1f, n = %d), peak memory %.2f times theirs"
          % (a.title, ratio, low, high, n, result["memory_ratio"]))


if __name__ == "__main__":
    main()
