# SPDX-License-Identifier: GPL-3.0-or-later
# Each corpus holds what it promises: enough workloads of each kind, a skewed manifest that trains on micro-benchmarks
# alone and is measured on the same held-out workloads, small enough to ship, and a README.
. "$(dirname "$0")/lib.bash"

count() { awk -F '\t' -v kind="$2" -v role="$3" '$2 == kind && $3 == role' "$1" | wc -l; }
atleast() {
	[ "$(count "$1" "$3" "$4")" -ge "$2" ] || fail "$1: fewer than $2 workloads are $3 and $4"
}

for name in lua logstat self; do
	workloads "$CORPORA/$name" >"$SCRATCH/$name"
	workloads "$CORPORA/$name/corpus.skewed.yaml" >"$SCRATCH/$name.skewed"
	atleast "$SCRATCH/$name" 4 real train
	atleast "$SCRATCH/$name" 3 real heldout
	atleast "$SCRATCH/$name.skewed" 1 micro train
	[ "$(count "$SCRATCH/$name.skewed" real train)" = 0 ] || fail "$name: the skewed manifest trains on real use"
	diff <(awk -F '\t' '$3 == "heldout"' "$SCRATCH/$name") <(awk -F '\t' '$3 == "heldout"' "$SCRATCH/$name.skewed") ||
		fail "$name: the two manifests hold out different workloads"
	# what is held out must not be trained on, under whatever name
	cut -f 4- <(awk -F '\t' '$3 == "train"' "$SCRATCH/$name") | sort >"$SCRATCH/trained"
	cut -f 4- <(awk -F '\t' '$3 == "heldout"' "$SCRATCH/$name") | sort >"$SCRATCH/held"
	[ -z "$(comm -12 "$SCRATCH/trained" "$SCRATCH/held")" ] || fail "$name: a held-out workload is trained on"
	[ -s "$CORPORA/$name/README.md" ] || fail "$name has no README.md"
done
for name in lua logstat; do
	atleast "$SCRATCH/$name" 3 synthetic train
	atleast "$SCRATCH/$name" 3 micro train
done

# what git holds, or where it does not say, what lies there but for what builds leave
cd "$SOURCE"
listed() { git ls-files -z workloads 2>/dev/null || find workloads \( -name target -o -name pgo-out \) -prune -o -type f -print0; }
files=$(listed | xargs -0r stat -c %s | awk '{ n += $1 } END { print n + 0 }')
[ "$files" -lt $((8 << 20)) ] || fail "the corpora take $files bytes, more than 8 MiB"
if grep -rlE '/(root|home/[a-z]+|tmp|work)/' "$CORPORA" --include='*.yaml' --include='*.md' --include='*.lua' --include='*.rs' \
	--include='*.sh' | grep -vE '/(target|data)/'; then
	fail "a path of one machine stands in the files above"
fi
