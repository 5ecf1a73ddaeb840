# SPDX-License-Identifier: GPL-3.0-or-later
# The self corpus on the pgo-analyze of this build: every workload ends well and prints the same twice.
. "$(dirname "$0")/lib.bash"

analyze=$BUILD/bin/pgo-analyze
[ -x "$analyze" ] || skip "pgo-analyze is not built"
run_twice "$CORPORA/self/corpus.yaml" "$analyze"
run_twice "$CORPORA/self/corpus.skewed.yaml" "$analyze"
