# SPDX-License-Identifier: GPL-3.0-or-later
"""Profiles as the differential test compares them, from libpgo's dump and from LLVM's text."""
import collections
import hashlib
import os
import subprocess


class Failed(Exception):
    pass


def ref(name):
    return int.from_bytes(hashlib.md5(name.encode("utf-8", "surrogateescape")).digest()[:8], "little")


def run(argv, env=None, check=True, cwd=None):
    try:
        p = subprocess.run(argv, env=dict(os.environ, **(env or {})), cwd=cwd, capture_output=True, timeout=120)
    except subprocess.TimeoutExpired:
        raise Failed("%s: does not end" % " ".join(argv))
    if check and p.returncode:
        raise Failed("%s: exit code %d: %s" % (" ".join(argv), p.returncode, p.stderr.decode(errors="replace")[:600]))
    return p


class Profile:
    """records: (name, hash) -> list of (counters, bitmap, sites); sites: list of (kind, sorted [(reference, count)])."""

    def __init__(self):
        self.flags, self.traces, self.warnings, self.vtables = set(), [], [], []
        self.records = collections.OrderedDict()

    def add(self, name, digest, record):
        if (name, digest) in self.records:
            raise Failed("record twice: %s %x" % (name, digest))
        self.records[name, digest] = record

    def names(self):
        return {ref(n): n for n, _ in self.records}


def parse_dump(data):
    p, record = Profile(), None
    for line in data.decode("utf-8", "surrogateescape").split("\n"):
        word, _, rest = line.partition(" ")
        if word == "format":
            p.flags = set(rest.split(" ")[-1].split("+")) - {"fe"}
            p.format, p.version = rest.split(" ")[0], rest.split(" ")[2]
        elif word == "record":
            digest, name = rest.split(" ", 1)
            record = ([], [], [])
            p.add(name, int(digest, 16), record)
        elif word == "counters":
            record[0].extend(map(int, rest.split()))
        elif word == "bitmap":
            record[1].extend(int(x, 16) for x in rest.split())
        elif word == "site":
            kind, *values = rest.split(" ")
            pairs = [v.split(":") for v in values]
            record[2].append((int(kind), sorted((int(v, 16), int(c)) for v, c in pairs)))
        elif word == "trace":
            weight, *refs = rest.split(" ")
            p.traces.append((int(weight), [int(x, 16) for x in refs]))
        elif word == "warning":
            p.warnings.append(rest)
        elif word == "vtable":
            p.vtables.append(rest)
    return p


TEXT_FLAGS = {":ir": {"ir"}, ":fe": set(), ":csir": {"ir", "csir"}, ":entry_first": {"entry_first"},
              ":not_entry_first": set(), ":instrument_loop_entries": {"loop_entries"},
              ":single_byte_coverage": {"byte_coverage"}, ":temporal_prof_traces": {"temporal"}}


def parse_text(data):
    """LLVM's text, as its own writer writes it."""
    p = Profile()
    lines = [l for l in data.decode("utf-8", "surrogateescape").split("\n") if l and not l.startswith("#")]
    lines.reverse()
    take = lines.pop

    def values(kind):
        site = []
        for _ in range(int(take())):
            value, count = take().rsplit(":", 1)
            if kind == 1:
                number = int(value)
            else:
                number = 0 if value == "** External Symbol **" else ref(value)
            site.append((number, int(count)))
        return sorted(site)

    while lines and lines[-1].startswith(":"):
        flag = take().lower()
        p.flags |= TEXT_FLAGS[flag]
        if flag == ":temporal_prof_traces":
            count = int(take())
            take()
            for _ in range(count):
                weight = int(take())
                p.traces.append((weight, [ref(n) for n in take().split(",") if n]))
    while lines:
        name, digest = take(), int(take(), 0)
        counters = [int(take()) for _ in range(int(take()))]
        bitmap, sites = [], []
        if lines and lines[-1].startswith("$"):
            bitmap = [int(take(), 0) for _ in range(int(take()[1:]))]
        if lines and lines[-1].isdigit():
            for _ in range(int(take())):
                kind = int(take())
                sites += [(kind, values(kind)) for _ in range(int(take()))]
        p.add(name, digest, (counters, bitmap, sites))
    return p
