# SPDX-License-Identifier: GPL-3.0-or-later
"""Merge large indexed profiles, and the same ones damaged, by a walk and by reading them (--provenance has them read), and
compare result, messages and exit codes.

merge_large.py ANALYZE SCRATCH
"""
import os
import random
import struct
import subprocess
import sys

analyze, scratch = sys.argv[1:]
os.chdir(scratch)
failures = 0
FUNCTIONS = 6000  # from 4097 on files are not read at once


def fail(what):
    global failures
    failures += 1
    print("FAIL:", what)


def program(seed, pseudo=False, huge=False):
    """Text of a profile that shares most of its functions with those of other seeds. One that is not huge can be walked."""
    largest = 1 << 60 if huge else 1 << 50
    shared, own, out = random.Random(1), random.Random(seed), [":ir"]
    for i in range(FUNCTIONS):
        count, cfg, kind = shared.randint(1, 9), shared.getrandbits(59), own.random()
        if kind < 0.05:
            continue  # not in this one
        name = f"function_{i}" if kind > 0.08 else f"only_{seed}_{i}"
        count += 0.10 < kind < 0.12  # other counters under the same hash
        counters = [own.choice((0, 0, 1, 7, 1000, 1 << 40, largest)) for _ in range(count)]
        if pseudo and 0.12 < kind < 0.13:
            counters[0] = 2**64 - own.randint(1, 2)  # hot or warm, but no count
        out += [name, cfg, count, *counters]
        if 0.13 < kind < 0.2:  # one site of sizes
            values = own.randint(1, 3)
            out += [1, 1, 1, values, *(f"{8 * v}:{own.randint(1, 999)}" for v in range(values))]
        out.append("")
        if kind > 0.98:  # a second record of the name
            out += [name, cfg ^ 1, 1, own.randint(0, 99), ""]
    return "\n".join(map(str, out))


def merge(*arguments):
    p = subprocess.run([analyze, "merge", *arguments], capture_output=True, stdin=subprocess.DEVNULL)
    return p.returncode, p.stderr


def content(path):
    with open(path, "rb") as f:
        return f.read()


def compare(what, *inputs):
    """@return exit code"""
    results = []
    for out, options in (("by-walk", ()), ("by-reading", ("--provenance", "by.json"))):
        if os.path.exists(out):
            os.remove(out)
        code, err = merge("-o", out, *options, *inputs)
        results.append((code, err, content(out) if code == 0 else b""))
    if results[0][:2] != results[1][:2]:
        fail(f"{what}: walked {results[0][:2]}, read {results[1][:2]}")
    elif results[0][2] != results[1][2]:
        fail(f"{what}: the results differ")
    return results[0][0]


def accept(what, *inputs):
    if compare(what, *inputs) != 0:
        fail(f"{what}: refused")


files = []
for seed in range(1, 6):
    with open(f"{seed}.proftext", "w") as f:
        f.write(program(seed, pseudo=seed == 4, huge=seed == 5))
    files.append(f"{seed}.profdata")
    code, err = merge("-o", files[-1], f"{seed}.proftext")
    if code:
        fail(f"program {seed}: {err}")
accept("as they are", *files[:3])
accept("with pseudo counts", *files)
accept("with huge counters", *files[:3], files[4], files[2])
accept("huge ones first", files[4], *files[:2])
accept("more than are walked at once", *(files[:4] * 5))
accept("weights too large to be walked", "-w", f"5000,{files[1]}", "-w", f"5001,{files[1]}", *files[:3])
accept("another order", *reversed(files))
accept("weights", "-w", f"3,{files[0]}", "-w", f"5,{files[2]}", files[1])
accept("a file twice", files[0], files[0], files[1])
accept("shares", "--shares", "-w", f"0.3,{files[0]}", "-w", f"0.7,{files[1]}")
# the texts, which are always read, are the same profiles; but for the order of records, which a sum does not keep
merge("-o", "walked", *files)
merge("-o", "texts", *(f.replace("profdata", "proftext") for f in files))
if content("walked") != content("texts"):
    fail("the sum of the texts is another one")
for version in ("7", "11"):
    code, err = merge("--for", version, "-o", f"{version}.profdata", *files[1:3])
    if code:
        fail(f"version {version}: {err}")
    accept(f"version {version}", files[0], f"{version}.profdata", files[3])
with open("front.proftext", "w") as f:
    f.write(program(9).replace(":ir\n", "", 1))
merge("-o", "front.profdata", "front.proftext")
if compare("front end with IR", files[0], "front.profdata") != 3:
    fail("front end with IR: accepted")
with open("csir.proftext", "w") as f:
    f.write(program(7).replace(":ir\n", ":csir\n", 1))
merge("-o", "csir.profdata", "csir.proftext")
accept("context-sensitive", files[0], "csir.profdata", files[1])

# damage: lengths, hashes, counts, counters, offsets, one or two at a time, and cut files
clean = content(files[1])
directory = struct.unpack_from("<Q", clean, 32)[0]
rng, codes = random.Random(5), {}
for i in range(80):
    bad = bytearray(clean)
    for _ in range(rng.choice((1, 1, 2))):
        at = rng.choice((rng.randrange(72, directory), rng.randrange(directory, len(bad)), rng.randrange(0, 600)))
        bad[at] = rng.choice((0, 1, 0x7f, 0xff, bad[at] ^ 0x10))
    if i % 20 == 19:
        del bad[rng.randrange(600, len(bad)):]
    with open("bad.profdata", "wb") as f:
        f.write(bad)
    code = compare(f"damage {i}", files[0], "bad.profdata", files[2])
    codes[code] = codes.get(code, 0) + 1
if codes.get(0, 0) < 5 or codes.get(3, 0) < 5:
    fail(f"damage: exit codes {codes} are not of both kinds")
sys.exit(failures > 0)
