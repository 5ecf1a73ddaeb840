#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A full disk is told as such, wherever it fills up, and the run goes on when there is room again.
. "${SOURCE:?the source tree; ctest sets it}/tests/e2e/lib/common.sh"

mkdir small
mount -t tmpfs -o size=24m tmpfs small 2>/dev/null || { echo "skipped: no right to mount a file system"; exit 77; }
trap 'umount "$T/small"; cleanup' EXIT
manifest corpus/corpus.yaml "${TRAINING[@]}" "${HELDOUT[@]}"

# full from the start
dd if=/dev/zero of=small/ballast bs=4096 2>/dev/null
run 4 run corpus --out small/run
has err 'No space left on device'
hasnt err 'internal'

# full when the profiles are written
rm small/ballast
run 0 run corpus --out small/run --until instrument
dd if=/dev/zero of=small/ballast bs=4096 2>/dev/null
run 4 run corpus --out small/run
grep -qE 'No space left on device|no space left' err || { bad "a full disk is not named"; tail err; }

# room again
rm small/ballast
run 0 run corpus --out small/run
has out 'ACCEPTED: '
json small/run/run.json 'r["phases"][1]["status"] == "reused"'
finish
