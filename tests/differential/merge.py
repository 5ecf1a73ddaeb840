#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""pgo-analyze merge against every llvm-profdata at hand.

    merge.py [--fast] PGO_ANALYZE SAMPLES

For every sample, alone, with itself at a weight, sparse, and for pairs of them: what `pgo-analyze merge` writes for an LLVM
is read by that LLVM and holds, counter by counter, what the newest one's merge of the same files holds; so does the text
it writes. Values of a site are compared as sums by value: LLVM keeps a value twice where one profile has it twice.
--fast: the newest LLVM and the oldest that is in Debian 12. Exits 77 when there is no llvm-profdata.
"""
import collections
import os
import shutil
import sys
import tempfile

sys.dont_write_bytecode = True
from profiles import ref, parse_text, run  # noqa: E402

FAST = sys.argv[1] == "--fast"
ANALYZE, SAMPLES = sys.argv[-2:]
# which version of the indexed format an LLVM writes, and reads
INDEXED = {22: 13, 21: 12, 20: 12, 19: 12, 18: 11, 17: 10, 16: 9, 15: 8, 14: 7, 13: 7, 12: 7}
LLVMS = [n for n in INDEXED if shutil.which("llvm-profdata-%d" % n) and (not FAST or n in (22, 14))]
failures = checked = 0


def fail(what):
    global failures
    failures += 1
    print("FAIL: " + what)


def first_difference(a, b):
    for key in sorted(set(a) | set(b)):
        if a.get(key) != b.get(key):
            return "%s: %s against %s" % (key, str(a.get(key))[:200], str(b.get(key))[:200])


def held(records, version):
    """What a version of the indexed format can hold of them; values added up."""
    out = {}
    for key, (counters, bitmap, sites) in records.items():
        summed = []
        for kind, values in sites:
            total = collections.Counter()
            for value, count in values:
                total[value] += count
            if kind < 2 or version >= 12:
                summed.append((kind, sorted(total.items())))
        out[key] = (counters, bitmap if version >= 11 else [], summed)
    return out


def colons(records):
    """Local functions by the names LLVM up to 17 gives them in IR profiles."""
    def name(n):
        file, semicolon, function = n.partition(";")
        return "%s:%s" % (file, function) if file and semicolon and function else n
    refs, out = {ref(key[0]): ref(name(key[0])) for key in records}, {}
    for key, (counters, bitmap, sites) in records.items():
        sites = [(kind, collections.Counter({refs.get(v, v) if kind == 0 else v: n for v, n in values}))
                 for kind, values in sites]
        renamed = (name(key[0]),) + tuple(key[1:])
        if renamed in out:  # it was there under both names
            before = out[renamed]
            counters = [x + y for x, y in zip(counters, before[0], strict=True)]
            bitmap = [x | y for x, y in zip(bitmap, before[1], strict=True)]
            sites = [(kind, values + more) for (kind, values), (_, more) in zip(sites, before[2], strict=True)]
        out[renamed] = (counters, bitmap, sites)
    return {key: (counters, bitmap, [(kind, sorted(values.items())) for kind, values in sites])
            for key, (counters, bitmap, sites) in out.items()}


def text_of(llvm, arguments, scratch):
    out = os.path.join(scratch, "llvm.proftext")
    if os.path.exists(out):
        os.unlink(out)
    r = run(["llvm-profdata-%d" % llvm, "merge", "--text", "-o", out] + arguments, check=False)
    if r.returncode != 0 or not os.path.exists(out):
        return None
    with open(out, "rb") as f:
        return parse_text(f.read())


def must_refuse(expected, llvm):
    """Counters an older LLVM would take for something else."""
    pseudo = any(r[0] and r[0][0] >= 2**64 - 2 for r in expected.records.values())
    return ("loop_entries" in expected.flags and llvm < 22) or (pseudo and llvm < 16)


def check_for(name, llvm, ours, expected, scratch, weighted):
    out = os.path.join(scratch, "ours.profdata")
    r = run([ANALYZE, "merge", "--for", "clang-%d" % llvm, "-o", out] + ours, check=False)
    if must_refuse(expected, llvm):
        if r.returncode != 3:
            fail("%s for %d was written: exit code %d" % (name, llvm, r.returncode))
        return
    if r.returncode != 0:
        return fail("%s for %d: %s" % (name, llvm, r.stderr.decode()))
    got = text_of(llvm, [out], scratch)
    if got is None:
        return fail("%s: llvm-profdata-%d does not read what was written for it" % (name, llvm))
    version = INDEXED[llvm]
    want, have = held(expected.records, version), held(got.records, version)
    if llvm <= 17 and expected.flags & {"ir", "csir"}:
        want = colons(want)
    if want != have:
        fail("%s for %d: %s" % (name, llvm, first_difference(have, want)))
    if run(["llvm-profdata-%d" % llvm, "show", out], check=False).returncode != 0:
        fail("%s: llvm-profdata-%d show fails" % (name, llvm))
    if llvm != LLVMS[0]:  # older ones have no word for some flags
        return
    if got.flags != expected.flags:
        fail("%s: flags %s, not %s" % (name, got.flags, expected.flags))
    # llvm-profdata weighs the traces of raw profiles only
    traces = [sorted(t if not weighted else t[1] for t in p.traces) for p in (got, expected)]
    if traces[0] != traces[1]:
        fail("%s: traces %s, not %s" % (name, traces[0], traces[1]))


def check(name, theirs, ours, scratch, weighted=False):
    """`theirs`: arguments for llvm-profdata merge, `ours`: for pgo-analyze merge."""
    global checked
    expected = text_of(LLVMS[0], theirs, scratch)
    if expected is None:
        return
    for llvm in LLVMS:
        check_for(name, llvm, ours, expected, scratch, weighted)
        checked += 1
    out = os.path.join(scratch, "ours.proftext")
    r = run([ANALYZE, "merge", "--format", "text", "-o", out] + ours, check=False)
    if r.returncode != 0:
        return fail("%s as text: %s" % (name, r.stderr.decode()))
    with open(out, "rb") as f:
        got = parse_text(f.read())
    # names of vtables are kept, which llvm-profdata drops by default
    want, have = held(expected.records, 11), held(got.records, 11)
    if want != have or got.flags != expected.flags:
        fail("%s as text: %s" % (name, first_difference(have, want)))
    checked += 1


def main():
    if not LLVMS:
        print("no llvm-profdata-N is installed")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(SAMPLES)
        samples = sorted(f for f in os.listdir(".") if f.endswith((".profdata", ".profraw", ".proftext")))
        # a combination of flags compilers get wrong, whose records have no counters: llvm-profdata cannot read its own
        # text of it; correlated ones are refused: their records are in the binary
        samples = [f for f in samples if not f.startswith(("tfe-", "corrb-22.profraw", "corrfe-22.profraw"))]
        for f in samples:
            check(f, [f], [f], scratch)
            check("3 x %s + it" % f, ["--weighted-input=3," + f, f], ["-w", "3," + f, f], scratch, weighted=True)
            check("sparse " + f, ["--sparse", f], ["--sparse", f], scratch)
        pairs = [("ir-22.profdata", "ir-16.profdata"), ("ir-22.profdata", "irxx-22.profdata"),
                 ("fe-22.profdata", "mcdc-22.profraw"), ("csir-22.profraw", "ir-22.profraw"),
                 ("fe-14.profdata", "fe-22.profdata"), ("rust0-22.profraw", "rust3-22.profraw"),
                 ("pool-22.profraw", "ir-22.profraw"), ("ps.profdata", "ps.proftext"),
                 ("temporal-22.profraw", "temporal-22.profdata"), ("vtab-22.profraw", "irxx-22.profraw")]
        for a, b in pairs:
            check(a + " + " + b, [a, b], [a, b], scratch)
    print("%d results checked against LLVM %s" % (checked, ", ".join(map(str, LLVMS))))
    if failures or checked < 100:
        sys.exit("%d failures" % failures)


main()
