# SPDX-License-Identifier: GPL-3.0-or-later
"""Damage records of real profiles and see what `pgo-analyze show --max-lost` makes of them. The oracle is the undamaged
file: what is not set aside must be as in it.

quarantine.py ANALYZE FIXTURES SCRATCH
"""
import csv
import io
import json
import os
import shutil
import struct
import subprocess
import sys

analyze, fixtures, scratch = sys.argv[1:]
samples = os.path.join(fixtures, "samples")
failures = 0


def fail(what):
    global failures
    failures += 1
    print("FAIL:", what)


def run(*arguments):
    return subprocess.run([analyze, *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL)


def functions(path, *options):
    """name and hash -> counters"""
    p = run("show", "--counts", "--format", "csv", *options, path)
    if p.returncode:
        return p
    return {(r["name"], r["cfg_hash"]): r["counts"] for r in csv.DictReader(io.StringIO(p.stdout))}


def check(what, good, bad, lost, message, records=None):
    """`bad` is `good` but for the functions named in `lost`; `records` of them count as set aside."""
    records = len(lost) if records is None else records
    strict = run("show", bad)
    if strict.returncode != 3 or message not in strict.stderr:
        fail(f"{what}: exit code {strict.returncode}, {strict.stderr!r} without {message!r}")
    before, after = functions(good), functions(bad, "--max-lost", "0.9")
    if not isinstance(after, dict):
        return fail(f"{what}: exit code {after.returncode}: {after.stderr}")
    expected = {k: v for k, v in before.items() if k[0] not in lost}
    if len(expected) != len(before) - len(set(lost)):
        fail(f"{what}: {lost} are not all in {sorted(before)}")
    if after != expected:
        fail(f"{what}: {sorted(set(after.items()) ^ set(expected.items()))} differ")
    document = json.loads(run("show", "--format", "json", "--max-lost", "0.9", bad).stdout)
    quarantine = document["quarantine"]
    share = records / (records + len(after))
    if quarantine["records"] != records or abs(quarantine["lost_functions"] - share) > 1e-12:
        fail(f"{what}: {quarantine}, expected {records} records, share {share}")
    if not any("set aside" in w for w in document["warnings"]) or message not in quarantine["listed"][0]["reason"]:
        fail(f"{what}: {document['warnings']}, {quarantine['listed'][:1]}")
    known = sum(sum(map(int, v.split())) for v in before.values())
    kept = sum(sum(map(int, v.split())) for v in after.values())
    if quarantine["lost_mass"] is not None and abs(quarantine["lost_mass"] - (1 - kept / known)) > 1e-12:
        fail(f"{what}: lost mass {quarantine['lost_mass']}, expected {1 - kept / known}")
    if run("show", "--max-lost", "0.01", bad).returncode != 3:
        fail(f"{what}: more than allowed is accepted")
    return quarantine


def read(path):
    with open(path, "rb") as f:
        return bytearray(f.read())


def write(name, content):
    path = os.path.join(scratch, name)
    with open(path, "wb") as f:
        f.write(content)
    return path


def u64(b, at):
    return struct.unpack_from("<Q", b, at)[0]


def buckets(b):
    """The items of each bucket of an indexed profile: offset and name."""
    directory = u64(b, 32)
    for i in range(u64(b, directory)):
        at, found = u64(b, directory + 16 + 8 * i), []
        if not at:
            continue
        count, at = struct.unpack_from("<H", b, at)[0], at + 2
        for _ in range(count):
            length, data = u64(b, at + 8), u64(b, at + 16)
            found.append((at, bytes(b[at + 24:at + 24 + length]).decode()))
            at += 24 + length + data
        yield found


def indexed():
    good = os.path.join(samples, "ir-22.profdata")
    clean = read(good)
    table = [b for b in buckets(clean)]
    at, name = table[0][0]
    # more counters than the data of the key have room for
    bad = bytearray(clean)
    struct.pack_into("<Q", bad, at + 24 + len(name) + 8, 1 << 40)
    path = write("counts.profdata", bad)
    q = check("indexed, counters", good, path, [name], "counters do not fit into")
    if q and q["lost_mass"] is None:
        fail("indexed: the file says what its mass should be")
    # through a directory and an ordinary compare it stays set aside
    p = run("compare", "--max-lost", "0.9", "--format", "json", good, path)
    if p.returncode not in (0, 1, 5) or json.loads(p.stdout)["test"]["quarantine"]["records"] != 1:
        fail(f"indexed, compare: {p.returncode} {p.stderr}")
    # a bucket that says it has 65,535 keys at the end of the payload has none that fit: no time is spent on them
    bad = bytearray(clean)
    directory = u64(clean, 32)
    slots = [directory + 16 + 8 * i for i in range(u64(clean, directory)) if u64(clean, directory + 16 + 8 * i)]
    bad[directory - 8:directory] = b"\0\0\0\0\0\0\xff\xff"
    for slot in slots[1:]:
        struct.pack_into("<Q", bad, slot, directory - 2)
    p = run("show", "--max-lost", "1", write("empty.profdata", bad))
    if p.returncode != 3 or "has 65535" in p.stderr:
        fail(f"indexed, buckets at the end: {p.returncode} {p.stderr}")
    # where a key ends is not known: the rest of its bucket is lost, and no other
    many = max(table, key=len)
    if len(many) < 2:
        fail("indexed: there is no bucket of two keys")
    for field, value, message in ((8, 1 << 50, "function name of"), (16, 1 << 50, "data of"), (16, 12, "8-byte words")):
        bad = bytearray(clean)
        struct.pack_into("<Q", bad, many[0][0] + field, value)
        check(f"indexed, field {field}", good, write("frame.profdata", bad), [n for _, n in many], message)
    # the value data of one function
    good = os.path.join(samples, "vtab-22.profdata")
    clean = read(good)
    for bucket in buckets(clean):
        for at, name in bucket:
            record = at + 24 + len(name)
            values = record + 16 + 8 * u64(clean, record + 8) + 8
            if struct.unpack_from("<II", clean, values) > (8, 0):
                bad = bytearray(clean)
                struct.pack_into("<I", bad, values + 4, 9)
                check("indexed, values", good, write("values.profdata", bad), [name], "value data has 9 kinds")
                return
    fail("indexed: no function has values")


def text():
    clean = read(os.path.join(samples, "ir-14.proftext"))
    good = write("good.proftext", clean)
    bad = write("text.proftext", clean.replace(b"\n8500\n", b"\n85x0\n", 1))
    check("text, counter", good, bad, ["a.c:branchy"], "counter '85x0' is not a number")
    bad = write("short.proftext", clean.replace(b"\n8500\n", b"\n", 1))
    check("text, counter missing", good, bad, ["a.c:branchy"], "counter 'b.c:branchy' is not a number")
    bad = write("long.proftext", clean.replace(b"\n8500\n", b"\n8500\n77\n", 1))
    check("text, counter too many", good, bad, ["a.c:branchy"], "number of value kinds 1000 is not between")
    # two records run into one another
    bad = write("joined.proftext", clean.replace(b"1000\n\nb.c:branchy", b"1x\nb.c:branchy", 1))
    check("text, two in one", good, bad, ["a.c:branchy", "b.c:branchy"], "'1x' is not a number")
    # cut off: nobody knows what is missing
    for end in (clean.index(b"\n8500\n") + 6, len(clean) - 8):
        p = run("show", "--max-lost", "1", write("cut.proftext", clean[:end]))
        if p.returncode != 3 or "the file ends" not in p.stderr:
            fail(f"text, cut off: {p.returncode} {p.stderr}")


    # without empty lines nobody knows where a record ends: all that is skipped counts
    lines = [":ir"] + [line for i in range(1000) for line in (f"f{i}", "7", "2", "1", "2")] + ["", "last", "7", "1", "5", ""]
    bad = write("noblank.proftext", "\n".join(lines).encode().replace(b"f99\n7\n2\n1\n", b"f99\n7\n2\n1x\n", 1))
    p = run("show", "--max-lost", "0.05", bad)
    if p.returncode != 3 or "90 % of its records" not in p.stderr:
        fail(f"text, no empty lines: {p.returncode} {p.stderr}")


def raw():
    # version 10: 16 words of header; records of 64 bytes: MD5, hash, counters, bitmap, function, values, count, sites
    for sample in ("ir-22.profraw", "vtab-22.profraw"):
        good = os.path.join(samples, sample)
        clean = read(good)
        names = u64(clean, 16), u64(clean, 24)
        data = 8 * 16 + names[0]
        count, size = names[1], 64
        md5 = {}
        for name in functions(good):
            md5[name[0]] = name
        lost = None
        for i in range(count):
            at = data + i * size
            sites = struct.unpack_from("<HHH", clean, at + 52)
            if sample.startswith("vtab") and not any(sites):
                continue
            bad = bytearray(clean)
            struct.pack_into("<Q", bad, at + 16, 1 << 40)
            path = write("raw.profraw", bad)
            strict = run("show", path).stderr
            lost = strict.split("function '")[1].split("'")[0]
            check(f"raw, {sample}, record {i}", good, path, [lost], "lie outside the counter section")
            break
        if lost is None:
            fail(f"raw, {sample}: no record to damage")
    # every record points to nowhere: more than anyone allows
    p = run("show", "--max-lost", "0.5", os.path.join(samples, "malformed", "raw_countersdelta_huge"))
    if p.returncode != 3 or "100 % of its records are damaged" not in p.stderr:
        fail(f"raw, all records: {p.returncode} {p.stderr}")


def gcc():
    good = os.path.join(scratch, "gcc")
    shutil.copytree(os.path.join(fixtures, "gcov", "gcc12"), good)
    clean = read(os.path.join(good, "ab-a.gcda"))
    bad = os.path.join(scratch, "gcc-bad")
    shutil.copytree(good, bad)
    at = clean.index(struct.pack("<II", 0x01000000, 12)) + 16  # CFG checksum of the first function
    clean[at] ^= 1
    with open(os.path.join(bad, "ab-a.gcda"), "wb") as f:
        f.write(clean)
    strict = run("show", bad).stderr
    name = strict.split("function '")[1].split("'")[0] if "function '" in strict else "?"
    check("gcc", good, bad, [name], "control flow checksum")


    # damaged notes are no damaged record
    notes = read(os.path.join(good, "ab-a.gcno"))
    notes[107] ^= 1
    shutil.copy(os.path.join(good, "ab-a.gcda"), bad)
    with open(os.path.join(bad, "ab-a.gcno"), "wb") as f:
        f.write(notes)
    p = run("show", "--max-lost", "0.9", bad)
    if p.returncode != 3 or "it is the notes file (.gcno) that is damaged" not in p.stderr:
        fail(f"gcc, notes: {p.returncode} {p.stderr}")


def sums():
    """The share of a sum is that of all records of its profiles."""
    many = os.path.join(scratch, "many")
    os.mkdir(many)
    text = ":ir\n" + "".join(f"f{i}\n7\n1\n{'x' if i == 50 else i}\n\n" for i in range(100))
    for i in range(20):
        write(f"many/{i}.proftext", text.encode())
    q = json.loads(run("show", "--format", "json", "--max-lost", "0.02", many).stdout)["quarantine"]
    if q["records"] != 20 or abs(q["lost_functions"] - 0.01) > 1e-12:
        fail(f"sum: {q['records']} records, share {q['lost_functions']}")


def tables():
    rows = ["function,counter,count"] + [f"f{i},{k},{10 * i + k}" for i in range(9) for k in range(2)]
    good = write("good.csv", "\n".join(rows + [""]).encode())
    bad = write("bad.csv", "\n".join(rows[:3] + ["f0,9,many"] + rows[3:] + ["f8,7", ""]).encode())
    p = functions(bad, "--max-lost", "0.5")
    if p != functions(good):
        fail(f"csv: {p} is not {functions(good)}")
    q = json.loads(run("show", "--format", "json", "--max-lost", "0.5", bad).stdout)["quarantine"]
    if [(i["name"], i["line"], i["reason"]) for i in q["listed"]] != [
            ("f0", 4, "column 'count': 'many' is not a number in range"),
            ("f8", 21, "2 fields where the header names 3 columns")]:
        fail(f"csv: {q}")
    if run("show", bad).returncode != 3:
        fail("csv: a damaged row is accepted")
    for what, content, code, said in (
            ("cut off", "function,counter,count\na,0,1\nb,0,2\nc,0,3\nd,0", 3, "2 fields where"),
            ("a bad header", "name,counter,count\rfoo,0,5\rbar,1,7\rbaz,2,9\r", 3, "no column 'function'"),
            ("over two lines", 'count,function,counter\n1,a,0\nx,"b\nc",0\n2,d,0\n', 0, "1 damaged record was set aside"),
            ("a quote", 'function,counter,count\na,0,1\nb,"0"x,2\nc,0,3\n', 3, "a quote where none may be")):
        p = run("show", "--input-format", "csv", "--max-lost", "0.9", write("x.csv", content.encode()))
        if p.returncode != code or said not in p.stdout + p.stderr:
            fail(f"csv, {what}: {p.returncode} {p.stdout[:300]} {p.stderr}")


def bolt():
    good = os.path.join(fixtures, "bolt", "sort.yaml")
    clean = read(good)
    bad = clean.replace(b"fid:             2\n", b"fid:             two\n", 1)
    check("bolt yaml", good, write("bad.yaml", bad), ["_start"], "the id of a function 'two' is no number")
    bad = clean.replace(b"bid:             2\n", b"bid:             [2, {x: 1}]\n", 1)
    check("bolt yaml, nested", good, write("nested.yaml", bad), ["_init"], "is no single value")
    p = run("show", "--max-lost", "1", write("broken.yaml", clean.replace(b"fid:             2\n", b"fid: [\n", 1)))
    if p.returncode != 3 or "no YAML" not in p.stderr:
        fail(f"bolt yaml, no YAML: {p.returncode} {p.stderr}")


for part in (indexed, text, raw, gcc, sums, tables, bolt):
    part()
sys.exit(failures > 0)
