#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# pgo-harness list: what a corpus holds, quoted as a shell wants it.
set -eu
H=${BUILD:?the build tree; ctest sets it}/bin/pgo-harness
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
cd "$T"
mkdir c
echo words >c/in.txt
cat >c/corpus.yaml <<'END'
corpus: demo
build: {recipe: make, binary: demo}
workloads:
  - {id: plain, args: [-x, "{corpus}/in.txt"], stdin: in.txt}
  - {id: quoted, kind: micro, args: ["two words", "it's", ""], weight: 0.5}
  - {id: own, role: heldout, command: ["{binary}", --self, "{scratch}/a"]}
END
"$H" list c >out
diff - out <<END
workload kind      role    weight  command
plain    real      train        1  {binary} -x $T/c/in.txt < in.txt
quoted   micro     train      0.5  {binary} 'two words' 'it'\\''s' ''
own      real      heldout      1  {binary} --self {scratch}/a
END
"$H" list c --format json -o list.json
python3 - "$T" <<'END'
import json, sys
r = json.load(open("list.json"))
assert r["schema"] == "pgo-harness/list/1" and r["corpus"] == "demo", r
assert [w["command"] for w in r["workloads"]] == [["{binary}", "-x", sys.argv[1] + "/c/in.txt"],
	["{binary}", "two words", "it's", ""], ["{binary}", "--self", "{scratch}/a"]], r
assert [w["stdin"] for w in r["workloads"]] == ["in.txt", None, None], r
assert [(w["kind"], w["role"], w["weight"]) for w in r["workloads"]] == [("real", "train", 1), ("micro", "train", 0.5),
	("real", "heldout", 1)], r
END
if "$H" list nowhere 2>err; then exit 1; else [ $? = 3 ]; fi
diff - err <<'END'
pgo-harness: cannot read corpus 'nowhere': No such file or directory
END
echo "all passed"
