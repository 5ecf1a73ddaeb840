# SPDX-License-Identifier: GPL-3.0-or-later
# Large indexed profiles are walked, not read, when they are added up: what comes out is what reading them gives, byte for
# byte and word for word.
. "$(dirname "$0")/analyze_lib.bash"
command -v python3 >/dev/null || { echo "python3 is missing"; exit 77; }
python3 "$SOURCE/tests/cli/merge_large.py" "$ANALYZE" "$SCRATCH" || failures=$((failures + 1))
finish
